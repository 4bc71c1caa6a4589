// Plays tests: the browser, a context for each test, the calls to the python side, and what is reported of each test.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Portal } from './portal.mjs';
import { PATIENCE_MS } from './spec.mjs';
import { Watch } from './watch.mjs';
import { World } from './world.mjs';

const SECONDS = 60; // a test's, unless it says otherwise
// Nothing is asked of anybody by the browser itself either; playwright's own flags see to most of it.
const FLAGS = ['--disable-gpu', '--no-pings'];
export const DEFAULTS = { locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce' };

export class Player {
    #calls = new Map();
    #next = 1;

    constructor(send) {
        this.send = send;
        this.world = new World((verb, args) => this.call(verb, args));
    }

    // ---- the python side ----

    call(verb, args) {
        const id = this.#next++;
        this.send({ call: id, verb, arguments: args ?? {} });
        return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    }

    answer({ call, result, error }) {
        const { resolve, reject } = this.#calls.get(call);
        this.#calls.delete(call);
        if (error === undefined) resolve(result);
        else reject(new Error(error));
    }

    // ---- a test ----

    async browser() {
        this.launched ??= await chromium.launch({ executablePath: process.env.NUMGATE_TEST_CHROMIUM, args: FLAGS, handleSIGINT: false });
        return this.launched;
    }

    /** {ok, value, error, findings, console, network, pages}; `value` is what the test returned. */
    async play(test, seen) {
        const watch = new Watch([process.env.NUMGATE_PORTAL_ORIGIN, process.env.NUMGATE_ISSUER_ORIGIN]);
        const contexts = [];
        let value = null, error = null, pages = [];
        try {
            const scene = await this.scene(contexts, watch);
            value = await inTime(test.run(scene), test.seconds ?? SECONDS);
        } catch (thrown) {
            error = String(thrown?.stack ?? thrown);
        }
        await settle(contexts);
        const findings = judge(test, watch);
        const ok = error === null && findings.length === 0;
        if (!ok) pages = await look(contexts, seen).catch((thrown) => [{ says: `could not be looked at: ${thrown}` }]);
        await Promise.all(contexts.map((context) => context.close().catch(() => {})));
        return { ok, value: value ?? null, error, findings, ...watch.told(), pages };
    }

    /** What a test is given. */
    async scene(contexts, watch) {
        const person = async (options = {}) => {
            const context = await (await this.browser()).newContext({ ...DEFAULTS, ...options });
            contexts.push(context);
            context.setDefaultTimeout(PATIENCE_MS);
            await watch.begin(context);
            return context;
        };
        const open = async (options) => (await person(options)).newPage();
        const page = await open();
        const scene = { page, open, world: this.world, portal: new Portal(page), watch, context: page.context() };
        return { ...scene, expect: (pattern) => watch.expect(pattern, true), may: (pattern) => watch.expect(pattern, false) };
    }

    async close() {
        await this.launched?.close();
    }
}

async function inTime(promise, seconds) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the test took over ${seconds} s`)), seconds * 1000);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

/** One round trip to each page: what it has logged until now has arrived here. */
async function settle(contexts) {
    const pages = contexts.flatMap((context) => context.pages());
    await Promise.all(pages.map((page) => inTime(page.evaluate(() => 1), 2).catch(() => {})));
}

/** What is wrong with what was found. A test that is about a finding must have it, and no other. */
function judge(test, watch) {
    const findings = watch.all();
    if (!test.caught) return findings;
    const caught = findings.filter((each) => test.caught.test(each));
    if (caught.length === 0) return [`nothing was caught that is like ${test.caught}`, ...findings];
    return findings.filter((each) => !caught.includes(each));
}

/** A screenshot of every page, and what it says to who cannot see. */
async function look(contexts, seen) {
    mkdirSync(seen, { recursive: true });
    const pages = contexts.flatMap((context) => context.pages());
    return Promise.all(pages.map(async (page, index) => {
        const file = join(seen, `${index + 1}.png`);
        await page.screenshot({ path: file, timeout: 5000 }).catch(() => {});
        const says = await page.locator('body').ariaSnapshot({ timeout: 2000 }).catch((thrown) => String(thrown));
        return { url: page.url(), screenshot: file, says };
    }));
}
