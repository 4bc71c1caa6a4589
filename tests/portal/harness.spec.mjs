// What the other specs lean on: whatever goes wrong in a page by itself fails the test it happens in.
import { axe, fourWays, noSidewaysScrolling, turn } from './lib/look.mjs';
import { assert, shows, test, until } from './lib/spec.mjs';

export const stage = { none: true };

const HOME = 'https://portal.invalid/';
const POLICY = "default-src 'none'; script-src 'self'; img-src data:";

/** A page that no server has. */
async function serve(page, body, { policy = POLICY, more = {} } = {}) {
    const html = `<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;
    await page.context().route(`${HOME}**`, (route) => {
        const path = new URL(route.request().url()).pathname.slice(1);
        if (path in more) return route.fulfill({ contentType: 'text/javascript', body: more[path] });
        return route.fulfill({ contentType: 'text/html', body: html, headers: { 'Content-Security-Policy': policy } });
    });
    await page.goto(HOME);
}

test('a page without a fault passes', async ({ page }) => {
    await serve(page, '<main><h1>Fine</h1><button>Do it</button></main>');
    await shows(page.getByRole('button', { name: 'Do it' }));
    await axe(page);
    await noSidewaysScrolling(page);
});

const script = (text) => [`<main><h1>Faulty</h1></main><script src="/a.js"></script>`, { more: { 'a.js': text } }];
const faults = [
    ['an error in the console', /^console: error: oh no/, ...script('console.error("oh no")')],
    ['a warning in the console', /^console: warning: take care/, ...script('console.warn("take care")')],
    ['an error that nobody caught', /^page error: .*broken/, ...script('setTimeout(() => { throw new Error("broken"); })')],
    ['a promise that nobody caught', /^page error: .*broken/, ...script('Promise.reject(new Error("broken"))')],
    ['an inline script', /^policy: script-src|^console: .*Content Security Policy/, '<main><h1>Faulty</h1></main><script>document.title = "x"</script>'],
    ['a request that leaves', /^request elsewhere: GET https:\/\/elsewhere\.invalid|^console: .*ERR_/, '<img alt="" src="https://elsewhere.invalid/x.png">', { policy: 'default-src * data:' }],
];
for (const [what, pattern, body, options] of faults) {
    test.caught(`${what} is noticed`, pattern, async ({ page, watch }) => {
        await serve(page, body, options);
        await until(() => watch.findings.length, (count) => count > 0, 'a finding');
    });
}

test.caught('what is expected and does not come is noticed', /^expected, and did not come: .*status of 412/, async ({ page, expect }) => {
    expect(/status of 412/);
    await serve(page, '<main><h1>Fine</h1></main>');
});

test('what is expected is no fault', async ({ page, expect }) => {
    expect(/oh no/);
    await serve(page, ...script('console.error("oh no")'));
});

test('a second page of the same person is watched as well', async ({ page, context, expect, watch }) => {
    await serve(page, ...script('console.error("oh no")'));
    expect(/oh no/);
    await (await context.newPage()).goto(HOME);
    await until(() => watch.expected[0].met, (times) => times > 0, 'the error of the second page');
    watch.findings.length = 0; // of the first
});

test('axe-core sees what is wrong, but for the sentinels of the focus manager', async ({ page }) => {
    await serve(page, '<main><h1>Faulty</h1><div data-tabster-dummy aria-hidden="true" tabindex="0"></div></main>');
    await axe(page);
    await serve(page, '<main><h1>Faulty</h1><button></button></main>');
    await assert.rejects(axe(page), /button-name .*critical/s);
    await serve(page, '<main><h1>Faulty</h1><label for="twice">A</label><input id="twice"><label for="twice">B</label><input id="twice" aria-label="B"></main>');
    await assert.rejects(axe(page), /ids that are there twice/);
});

test('something wider than a phone is named', async ({ page }) => {
    await serve(page, '<main><h1>Wide</h1><p>a</p><table><tr><td><img alt="" width="600"></td></tr></table></main>');
    await noSidewaysScrolling(page);
    await turn(page, { colorScheme: 'dark', width: 320 });
    await assert.rejects(noSidewaysScrolling(page), /px wider than the window: .*img/);
    await assert.rejects(fourWays(page), /dark 320 is/);
});
