// Accounts by hand: found, created, changed by two people at once, deleted; by who may, and by who may not.
import { execFileSync } from 'node:child_process';
import { routed } from './lib/scene.mjs';
import { listenForTokens, Portal } from './lib/portal.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });

test('an account is created, and what is wrong is said at its field', async ({ page, portal, world, expect }) => {
    await world.putAccount('taken', ['teamsDirectRouting'], routed('taken'));
    await portal.signIn('will', 'accounts');
    await portal.at('Accounts');
    await link(page, 'Create account').first().click();
    await portal.at('Create account');
    await button(page, 'Create').click();
    await shows(page.getByText('Give the account a name.'));
    await field(page, /^Account name/).fill('taken');
    await page.getByLabel('Enable Teams Direct Routing').check();
    await field(page, 'Subdomain').fill('taken');
    await field(page, 'Subdomain token region 1').fill('MS=ms1');
    await field(page, 'Subdomain token region 2').fill('MS=ms2');
    expect(/status of 412/); // the name
    await button(page, 'Create').click();
    await shows(page.getByText('There is an account “taken” already.'));
    expect(/status of 409/); // the subdomain, which only the server can know
    await field(page, /^Account name/).fill('fresh');
    await button(page, 'Create').click();
    await shows(page.locator('.fui-Field').filter({ has: field(page, 'Subdomain') }).getByText(/subdomain|taken/i).nth(1));
    await field(page, 'Subdomain').fill('fresh');
    await button(page, 'Create').click();
    await portal.at('fresh');
    const { serviceDetails } = await world.account('fresh');
    assert.equal(serviceDetails.teamsDirectRouting.configuration.subdomain, 'fresh');
});

test('the words beside a switch are that switch\'s', async ({ page, portal }) => {
    await portal.signIn('will', 'create-account');
    await portal.at('Create account');
    const connect = page.getByRole('checkbox', { name: 'Enable Operator Connect', exact: true });
    const sync = page.getByRole('switch', { name: 'Sync Operator Connect with backend service' });
    await page.getByText('Enable Operator Connect').click();
    await until(async () => [await connect.isChecked(), await sync.isChecked()], ([one, two]) => one && two);
    await page.getByText('Sync with backend service').click();
    await until(() => sync.isChecked(), (on) => !on);
    assert.equal(await connect.isChecked(), true);
});

test('the command that is shown does the same', async ({ page, portal, context, world }) => {
    const tokens = listenForTokens(context);
    await portal.signIn('will', 'create-account');
    await field(page, /^Account name/).fill('by-curl');
    await field(page, 'Correlation ID').fill("it's $HOME \"quoted\"");
    await page.getByLabel('Enable Zoom Phone Cloud Peering').check();
    await button(page, 'Equivalent command').click();
    const command = await page.getByRole('group', { name: 'curl command' }).textContent();
    assert(command.includes('$NUMGATE_TOKEN') && tokens.secrets.every((each) => !command.includes(each)), command);
    const environment = { PATH: process.env.PATH, CURL_CA_BUNDLE: process.env.NODE_EXTRA_CA_CERTS, NUMGATE_TOKEN: tokens.bodies[0].access_token };
    execFileSync('sh', ['-c', command], { env: environment, timeout: 20_000 });
    assert.equal((await world.account('by-curl')).correlationId, "it's $HOME \"quoted\"");
});

test('two people edit one account: what each typed is there, and each chooses', async ({ page, portal, world, open, expect }) => {
    await world.putAccount('shared', ['zoomPhoneCloudPeering'], { fields: { correlationId: 'before' } });
    const other = new Portal(await open());
    await portal.signIn('will', 'accounts/shared/edit');
    await other.signIn('dora', 'accounts/shared/edit');
    await field(page, 'Correlation ID').fill('of Will');
    await page.getByLabel('Enable Azure Operator Call Protection').check();
    await field(other.page, 'Correlation ID').fill('of Dora');
    await button(other.page, 'Save').click();
    await other.at('shared');
    expect(/status of 412/);
    await button(page, 'Save').click();
    await shows(page.getByText('Nothing was saved, and nothing you typed is lost.'));
    await shows(page.getByLabel('Yours: of Will'));
    await shows(page.getByLabel('Stored now: of Dora'));
    assert.equal((await world.account('shared')).correlationId, 'of Dora');
    await page.getByLabel('Stored now: of Dora').check();
    await button(page, 'Save these').click();
    await portal.at('shared');
    const now = await world.account('shared');
    assert.equal(now.correlationId, 'of Dora');
    assert.equal(now.serviceDetails.azureOperatorCallProtection.enabled, true);
});

test('an account that is deleted while somebody edits it is said to be, and what was typed stays', async ({ page, portal, world, expect }) => {
    await world.putAccount('short-lived', ['zoomPhoneCloudPeering']);
    await portal.signIn('will', 'accounts/short-lived/edit');
    await field(page, 'Correlation ID').fill('of Will');
    const { status } = await world.request('DELETE', '/accounts/short-lived?api-version=2024-02-29-preview');
    assert(status < 300, `${status}`);
    expect(/status of (412|404)/);
    await button(page, 'Save').click();
    await shows(page.getByText('There is no account “short-lived” any more.'));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Save');
    assert.equal(await field(page, 'Correlation ID').inputValue(), 'of Will');
    await link(page, 'See all accounts').click();
    await portal.at('Accounts');
    await gone(link(page, 'short-lived'));
});

test('an account is deleted by who types its name, and told what goes with it', async ({ page, portal, world }) => {
    await world.putAccount('leaving', ['zoomPhoneCloudPeering']);
    await world.putNumbers('leaving', '+441632961000', 150);
    await portal.signIn('dora', 'accounts/leaving');
    await portal.at('leaving');
    await button(page, 'Delete account').click();
    const dialog = page.getByRole('alertdialog'), confirm = button(dialog, 'Delete account');
    await shows(dialog.getByText(/150 numbers of it are deleted/));
    assert(await confirm.isDisabled());
    await dialog.getByRole('textbox').fill('Leaving');
    assert(await confirm.isDisabled());
    await dialog.getByRole('textbox').fill('leaving');
    await confirm.click();
    await portal.at('Accounts');
    await gone(link(page, 'leaving'));
    assert.equal((await world.request('GET', '/accounts/leaving?api-version=2024-02-29-preview')).status, 404);
});

test('who may only read is offered nothing else, and the server holds to it', async ({ page, portal, context, world, watch, expect }) => {
    await world.putAccount('looked-at');
    const tokens = listenForTokens(context);
    await portal.signIn('rita', 'accounts');
    await portal.at('Accounts');
    await gone(link(page, 'Create account'));
    await link(page, 'looked-at').click();
    await portal.at('looked-at');
    await gone(link(page, 'Manage account'));
    await gone(button(page, 'Delete account'));
    await portal.open('accounts/looked-at/edit');
    await shows(page.getByText('ProvisioningAPI.WriteUser'));
    await portal.open('create-account');
    await shows(page.getByText('ProvisioningAPI.WriteUser'));
    expect(/status of 403/);
    const status = await page.evaluate(async (token) => (await fetch('/accounts/by-rita?api-version=2024-02-29-preview', {
        method: 'PUT', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'by-rita', serviceDetails: {} }),
    })).status, tokens.bodies.at(-1).access_token);
    assert.equal(status, 403);
    assert(!watch.network.some((line) => / (PUT|PATCH|DELETE) /.test(line) && !line.startsWith('403')));
});

test('the address holds what a list shows: filter, size, page; Back works', async ({ page, portal, world }) => {
    for (let n = 0; n < 130; n++) await world.putAccount(`page-${String(n).padStart(3, '0')}`, [n % 2 ? 'zoomPhoneCloudPeering' : 'azureOperatorCallProtection']);
    await portal.signIn('rita', 'accounts?size=50&filter=startswith(name%2C%27page-%27)');
    await portal.at('Accounts');
    await shows(link(page, 'page-000'));
    await shows(page.getByText('50 of 130 accounts'));
    await button(page, 'Next').click();
    await shows(link(page, 'page-050'));
    await portal.address((path) => path.includes('after=page-049'));
    await button(page, 'Next').press('Enter');
    await shows(link(page, 'page-100'));
    assert(await button(page, 'Next').isDisabled());
    assert(await button(page, 'Next').evaluate((each) => each === document.activeElement), 'the focus is where it was');
    await button(page, 'Refresh').press('Enter');
    assert(await button(page, 'Refresh').evaluate((each) => each === document.activeElement), 'the focus is where it was');
    await page.reload();
    await shows(link(page, 'page-100'));
    await page.goBack();
    await shows(page.getByRole('link', { name: /^page-0[5-9]\d$/ }).first()); // scrolled as it was left: which of the rows are drawn is not known
    await button(page, 'First').click();
    await shows(link(page, 'page-000'));
    await field(page, 'Go to name').fill('page-077');
    await button(page, 'Go').click();
    await shows(link(page, 'page-077'));
    await gone(link(page, 'page-076'));
    await portal.open('accounts');
    await field(page, 'Name contains').fill('page-12');
    await portal.address((path) => path.includes('contains'));
    await until(() => page.getByRole('link', { name: /^page-\d+$/ }).count(), 10, 'ten rows');
});

test('what becomes known of the rows later moves nothing', async ({ page, portal, world }) => {
    const accounts = Array.from({ length: 60 }, (_, n) => `later-${String(n).padStart(3, '0')}`);
    for (const name of accounts) await world.putAccount(name, ['zoomPhoneCloudPeering']);
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    await page.route('**/accounts:lookup*', async (route) => { await released; await route.continue(); });
    await portal.signIn('rita', "accounts?size=50&filter=startswith(name%2C'later-')");
    await shows(link(page, accounts[0]));
    const foot = page.getByRole('navigation', { name: 'Pages of accounts' });
    const top = () => foot.evaluate((element) => element.getBoundingClientRect().top + window.scrollY);
    await shows(page.getByText('50 of 60 accounts'));
    const before = await top();
    release();
    await shows(page.getByText(/^API · client/).first());
    assert.equal(await top(), before, 'the foot of the list moved when it became known who set the rows');
    await foot.scrollIntoViewIfNeeded();
    await shows(link(page, accounts[49]));
    assert.equal(await top(), before, 'the foot of the list moved when it was scrolled to');
});
