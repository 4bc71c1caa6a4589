// Access tokens that end after seconds, and sign-ins that end while somebody works.
import { fourWays } from './lib/look.mjs';
import { keepsNone, listenForTokens } from './lib/portal.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

export const stage = { people: { token_seconds: 6 } };

const renewals = (tokens) => tokens.asked.filter((each) => each.grant_type === 'refresh_token');
const ended = (page) => page.getByText('Your session has ended.');

test('an access token is renewed before it ends, one request at a time', async ({ page, portal, context }) => {
    const tokens = listenForTokens(context);
    await portal.signIn('ada', 'accounts');
    await until(() => renewals(tokens).length, (count) => count >= 2, 'two renewals');
    await portal.go('Requests for Information');
    await portal.at('Requests for Information');
    await portal.go('Accounts');
    await portal.at('Accounts');
    const used = renewals(tokens).map((each) => each.refresh_token);
    assert.equal(new Set(used).size, used.length, 'a refresh token was used twice');
    await keepsNone(page, tokens.secrets);
});

test('a session that ends while somebody types takes nothing with it', async ({ page, portal, context, world, expect, may }) => {
    await portal.signIn('will', 'accounts');
    await page.getByRole('link', { name: 'Create account' }).first().click();
    const name = page.getByLabel(/^Account name/);
    await name.fill('typed-before');
    expect(/status of 400/); // the renewal
    may(/status of 401/);
    await world.lab('POST', '/lab/users/revoke', { user: 'will', sessions: true });
    await shows(ended(page));
    assert.equal(await name.inputValue(), 'typed-before');
    await name.fill('typed-before-and-after');
    await fourWays(page);
    const opening = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    const popup = await opening, closed = popup.waitForEvent('close');
    await portal.on(popup).choose('will');
    await closed;
    await gone(ended(page));
    assert.equal(await name.inputValue(), 'typed-before-and-after');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await portal.at('typed-before-and-after');
    assert.equal((await world.account('typed-before-and-after')).name, 'typed-before-and-after');
});

test('a session that the issuer still has is taken up again by the popup, which asks nothing', async ({ page, portal, context, world, expect, may }) => {
    await portal.signIn('dora', 'accounts');
    expect(/status of 400/);
    may(/status of 401/);
    await world.lab('POST', '/lab/users/revoke', { user: 'dora' });
    await shows(ended(page));
    const opening = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    const popup = await opening;
    if (!popup.isClosed()) await popup.waitForEvent('close');
    await gone(ended(page));
});

test('an issuer that is away for a moment ends no session', async ({ page, portal, context, world, may }) => {
    const tokens = listenForTokens(context);
    await portal.signIn('rita', 'accounts');
    may(/status of 503/);
    may(/ERR_/);
    await world.lab('POST', '/lab/faults', { endpoint: 'token', kind: 'status', times: 1, status: 503 });
    const before = tokens.bodies.length;
    await until(() => renewals(tokens).length, (count) => count > 0, 'a renewal that is refused');
    await page.getByRole('button', { name: 'Refresh' }).click(); // whoever asks next renews
    await until(() => tokens.bodies.length, (count) => count > before, 'a renewal that went well');
    await gone(ended(page));
    await portal.signedIn('rita');
});
