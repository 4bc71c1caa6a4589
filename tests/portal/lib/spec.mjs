// How a spec is written:
//
//     export const stage = { config: '[limits]\n...', lab: ['--flag', 'value'], dns: true };      // what is started for it; see stage.py
//     test('a number is found', async ({ page, portal, world }) => { ... });
//     test.caught('an inline script', /Content Security Policy/, async ({ page }) => { ... });    // what must be found, and why it is
//
// A test is given a fresh browser context: `open(options)` opens a page in it, `page` is the first one, and it fails by itself when any page
// in it logs an error or a warning, breaks its Content-Security-Policy, throws, or asks a host that is neither the portal nor the issuer.
// What must be so in one test is said beforehand: `expect(/status of 412/)`; it must then come. `may(/.../)` need not.
import assert from 'node:assert/strict';

export const level = process.env.NUMGATE_TEST_LEVEL ?? 'ci';
export const PATIENCE_MS = 15_000;
export const tests = [];

/** How often to do something, or what, by the size of the run. */
export const rounds = (ci, full) => (level === 'full' ? full : ci);

/** `options.seconds`: how long it may take. */
export function test(name, run, options = {}) {
    assert(!tests.some((each) => each.name === name), `two tests are called "${name}"`);
    tests.push({ name, run, ...options });
}

test.caught = (name, pattern, run) => test(name, run, { caught: pattern });
test.full = (name, run, options) => level === 'full' && test(name, run, options);

/** Waits until `read` gives what is wanted: a value that is equal, or whatever the function `wanted` says yes to. */
export async function until(read, wanted = Boolean, what = 'the condition', patience = PATIENCE_MS) {
    const end = Date.now() + patience;
    const good = typeof wanted === 'function' ? wanted : (value) => isEqual(value, wanted);
    for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
        const value = await read();
        if (good(value)) return value;
        assert(Date.now() < end, `${what} did not come true; at last it was ${JSON.stringify(value)}`);
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}

function isEqual(one, other) {
    try {
        assert.deepEqual(one, other);
        return true;
    } catch {
        return false;
    }
}

/** Waits until there is one such thing on the page, and it is visible. */
export const shows = (locator, patience = PATIENCE_MS) => locator.waitFor({ state: 'visible', timeout: patience });
/** Waits until there is none, or it is hidden. */
export const gone = (locator) => locator.waitFor({ state: 'hidden' });

export { assert };
