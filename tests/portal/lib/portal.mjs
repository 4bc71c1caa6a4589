// The portal as people use it.
import assert from 'node:assert/strict';
import { gone, shows, until } from './spec.mjs';

const { NUMGATE_PORTAL_URL, NUMGATE_PORTAL_ORIGIN, NUMGATE_ISSUER_ORIGIN } = process.env;

/** The lab's people, as their names are shown. */
export const NAMES = { ada: 'Ada Admin', rita: 'Rita Reader', will: 'Will Writer', dora: 'Dora Deleter', noel: 'Noel Norole' };

const sessions = {}; // the issuer's cookies, by person: whoever signed in once need not press anything again

export class Portal {
    static url = NUMGATE_PORTAL_URL;
    static origin = NUMGATE_PORTAL_ORIGIN;
    static issuer = NUMGATE_ISSUER_ORIGIN;

    constructor(page) {
        this.page = page;
    }

    /** The same, in another tab. */
    on(page) {
        return new Portal(page);
    }

    /** A path below the portal's own address; does not wait for more than the document. */
    async open(path = '') {
        await this.page.goto(NUMGATE_PORTAL_URL + path, { waitUntil: 'commit' });
    }

    /** Opens a page, signs in there as one of the lab's people, and waits for it. By hand the first time; afterwards, while the issuer's session
     * lasts, as in a new tab. */
    async signIn(who, path = '') {
        const context = this.page.context(), button = this.page.getByRole('button', { name: 'Sign in', exact: true });
        if (sessions[who]) await context.addCookies(sessions[who]);
        await this.open(path);
        await shows(button.or(this.menu(who)));
        if (await button.isVisible()) {
            await button.click();
            await this.choose(who);
            await this.signedIn(who);
        }
        sessions[who] = await context.cookies(NUMGATE_ISSUER_ORIGIN);
    }

    /** On the issuer's page. */
    async choose(who) {
        await this.page.locator(`button[name=user][value=${who}]`).click();
    }

    signedIn(who) {
        return shows(this.menu(who));
    }

    menu(who) {
        return this.page.getByRole('button', { name: `${NAMES[who]}, menu` });
    }

    async signOut(who) {
        await this.menu(who).click();
        await this.page.getByRole('menuitem', { name: 'Sign out' }).click();
    }

    /** By the navigation, as it is on a wide screen. */
    async go(text) {
        await this.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: text, exact: true }).click();
    }

    /** The page of that title is shown, with what it shows. */
    async at(title) {
        await shows(this.page.getByRole('heading', { level: 1, name: title, exact: true }));
        await this.settled();
    }

    /** Nothing is being loaded. */
    async settled() {
        await gone(this.page.locator('main .fui-Skeleton').first());
    }

    /** The path below the portal's own address, with its query. */
    async address(wanted) {
        await until(() => this.page.url().replace(NUMGATE_PORTAL_URL, ''), wanted, 'the address');
    }
}

/** What the token endpoint gives out from now on: {bodies: the answers, secrets: all that nobody may keep, asked: the grants asked for}. */
export function listenForTokens(context) {
    const told = { bodies: [], secrets: [], asked: [] };
    const isToken = (url) => url.startsWith(NUMGATE_ISSUER_ORIGIN) && new URL(url).pathname.endsWith('/token');
    context.on('request', (request) => {
        if (isToken(request.url()) && request.method() === 'POST') told.asked.push(Object.fromEntries(new URLSearchParams(request.postData())));
    });
    context.on('response', async (response) => {
        if (!isToken(response.url()) || !response.ok() || response.request().method() !== 'POST') return;
        const body = await response.json().catch(() => ({}));
        told.bodies.push(body);
        told.secrets.push(...[body.access_token, body.refresh_token, body.id_token].filter(Boolean));
    });
    return told;
}

/** Wherever a page can keep something, none of these is there. */
export async function keepsNone(page, secrets) {
    assert(secrets.length > 0, 'there was no token');
    const kept = await page.evaluate(async () => JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, document.cookie, history.state, location.href, window.name, await indexedDB.databases(), await caches.keys(),
        document.documentElement.outerHTML,
    ]));
    for (const secret of secrets) assert(!kept.includes(secret), `a token is kept in ${page.url()}`);
    assert(!/eyJ[\w-]{20,}\./.test(kept), 'something that looks like a token is kept');
}
