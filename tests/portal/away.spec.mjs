// The server goes away and comes back; the portal is updated under who uses it.
import { Portal } from './lib/portal.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

export const stage = { files: 'copy' };

const button = (page, name) => page.getByRole('button', { name, exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });

test('a server that goes and comes back takes nothing with it', async ({ page, portal, world, expect, may }) => {
    await portal.signIn('will', 'create-account');
    await field(page, /^Account name/).fill('patient');
    await page.getByLabel('Enable Zoom Phone Cloud Peering').check();
    expect(/ERR_CONNECTION_REFUSED/);
    may(/ERR_|status of 503/);
    await world.daemon.kill();
    await button(page, 'Create').click();
    await shows(page.getByText('The server cannot be reached.', { exact: true }));
    assert.equal(await field(page, /^Account name/).inputValue(), 'patient');
    await world.daemon.start();
    await gone(page.getByText('The server cannot be reached.', { exact: true }));
    await button(page, 'Create').click();
    await portal.at('patient');
    assert.equal((await world.account('patient')).name, 'patient');
});

test('a list that is open when the server goes is there again when it comes back', async ({ page, portal, world, may }) => {
    await world.putAccount('there-before');
    await portal.signIn('rita', 'accounts');
    await shows(page.getByRole('link', { name: 'there-before', exact: true }));
    may(/ERR_|status of 503/);
    await world.daemon.stop();
    await button(page, 'Refresh').click();
    await shows(page.getByText('The server cannot be reached.', { exact: true }));
    await shows(page.getByRole('link', { name: 'there-before', exact: true }));
    await world.daemon.start();
    await world.putAccount('there-after');
    await shows(page.getByRole('link', { name: 'there-after', exact: true }));
    await gone(page.getByText('The server cannot be reached.', { exact: true }));
});

test('an old page offers a reload when its files are gone, and what was typed is back after it', async ({ page, portal, context, world, expect, may }) => {
    const held = [];
    await context.route(/assets\/Request\w*Page-/, (route) => held.push(route)); // in idle time, and before the upgrade
    await portal.signIn('will', 'create-account');
    await field(page, /^Account name/).fill('typed-before-the-upgrade');
    await until(() => held.length, (count) => count > 0, 'a page fetched in idle time');
    await world.files.upgrade();
    await until(async () => (await context.request.get(Portal.url)).text(), (text) => text.includes('-next'), 'the new files');
    expect(/status of 404/);
    may(/ChunkError/); // what React says of an error that a page holds
    for (const route of held) await route.continue();
    await context.unroute(/assets\/Request\w*Page-/);
    await shows(page.getByText('A new version of the portal is there.'));
    assert.equal(await field(page, /^Account name/).inputValue(), 'typed-before-the-upgrade');
    await portal.go('Requests for Information');
    await shows(page.getByRole('heading', { name: 'This page could not be loaded' }));
    await page.goBack();
    await button(page, 'Reload').first().click();
    await portal.signedIn('will');
    await until(() => field(page, /^Account name/).inputValue(), 'typed-before-the-upgrade', 'what was typed');
    await portal.go('Requests for Information');
    await portal.at('Requests for Information');
    await world.files.restore();
});
