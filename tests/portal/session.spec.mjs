// Signing in and out, and what a tab remembers of it.
import { fourWays } from './lib/look.mjs';
import { keepsNone, listenForTokens, NAMES, Portal } from './lib/portal.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const authorizations = (watch) => watch.network.filter((line) => /GET .*\/authorize\?/.test(line)).length;

test('who opens the portal is asked to sign in, and comes back to where they wanted', async ({ page, portal, context }) => {
    const tokens = listenForTokens(context);
    await portal.open('accounts?size=50&filter=startswith(name%2C%27con%27)');
    await shows(button(page, 'Sign in'));
    await fourWays(page);
    await button(page, 'Sign in').click();
    assert.equal(new URL(page.url()).origin, Portal.issuer);
    await portal.choose('will');
    await portal.signedIn('will');
    await portal.address('accounts?size=50&filter=startswith(name%2C%27con%27)');
    await portal.at('Accounts');
    await keepsNone(page, tokens.secrets);
    assert.deepEqual(tokens.asked.map((each) => each.grant_type), ['authorization_code']);
    assert.equal(tokens.asked[0].redirect_uri, Portal.url);
    assert.match(tokens.asked[0].code_verifier, /^[\w.~-]{43,128}$/);
});

test('a reload, and a new tab, sign in by themselves and stay where they are', async ({ page, portal, context, watch }) => {
    await portal.signIn('rita', 'accounts?size=50');
    const before = authorizations(watch);
    await page.reload();
    await portal.signedIn('rita');
    await portal.address('accounts?size=50');
    assert.equal(authorizations(watch), before + 1);
    assert.match(watch.network.findLast((line) => line.includes('/authorize?')), /prompt=none/);
    const tab = portal.on(await context.newPage());
    await tab.open('requests');
    await tab.signedIn('rita');
    await tab.address('requests');
});

test('the issuer is asked once and no more whether somebody is signed in there', async ({ page, portal, watch }) => {
    await portal.open();
    await shows(button(page, 'Sign in'));
    await page.reload();
    await shows(button(page, 'Sign in'));
    assert.equal(authorizations(watch), 1);
});

test('who has no role is told which to ask for', async ({ page, portal, may }) => {
    may(/status of 403/);
    await portal.open();
    await button(page, 'Sign in').click();
    await portal.choose('noel');
    await shows(page.getByRole('heading', { name: /no role/ }));
    await shows(page.getByText('ProvisioningAPI.ReadUser', { exact: true }));
    await fourWays(page);
    await button(page, 'Sign out').click();
    await until(() => page.url(), (url) => url.startsWith(Portal.url), 'the way back');
    await shows(button(page, 'Sign in'));
});

test('who signs out is signed out in every tab, and at the issuer', async ({ page, portal, context }) => {
    await portal.signIn('dora', 'accounts');
    const other = portal.on(await context.newPage());
    await other.open('requests');
    await other.signedIn('dora');
    await portal.signOut('dora');
    await shows(button(other.page, 'Sign in'));
    await gone(other.menu('dora'));
    await shows(button(page, 'Sign in'));
    await button(other.page, 'Sign in').click();
    await shows(other.page.locator('button[name=user]').first()); // asked, and not let in by a session of the issuer
    await other.choose('rita');
    await other.signedIn('rita');
});

test('an answer that nobody asked for is not redeemed', async ({ page, portal, context }) => {
    const tokens = listenForTokens(context);
    await portal.open();
    await shows(button(page, 'Sign in'));
    for (const answer of ['code=stolen&state=foreign', 'code=stolen&state=popup.foreign', 'error=access_denied&state=foreign', 'code=stolen']) {
        await portal.open(`?${answer}`);
        await page.waitForLoadState('networkidle');
        await shows(page.getByRole('heading', { level: 1 }));
        await gone(page.getByRole('button', { name: /, menu$/ }));
        await until(() => page.url(), (url) => !url.includes('stolen') || answer === 'code=stolen', 'an address without the answer');
    }
    assert.equal(tokens.asked.length, 0);
});

test('a code that another tab asked for is not redeemed', async ({ page, portal, context, may }) => {
    await portal.open();
    await button(page, 'Sign in').click();
    await shows(page.locator('button[name=user]').first());
    may(/ERR_FAILED/);
    await page.route('**/assets/*.js', (route) => route.abort()); // the page that comes back cannot use it up
    await portal.choose('ada');
    await until(() => page.url(), (url) => url.includes('?code='), 'the answer');
    const tokens = listenForTokens(context), code = new URL(page.url()).searchParams.get('code');
    const tab = await context.newPage();
    await tab.goto(page.url());
    await shows(tab.getByRole('heading', { level: 1 }));
    assert(!tokens.asked.some((each) => each.code === code));
});

test('rights come from the server: what somebody may not do is not offered', async ({ page, portal }) => {
    await portal.signIn('rita');
    await portal.menu('rita').click();
    await shows(page.getByText(NAMES.rita, { exact: true }));
    await shows(page.getByText('May read', { exact: true }));
});
