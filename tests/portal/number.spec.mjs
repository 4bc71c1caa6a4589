// One number by hand, and the settings of Operator Connect wherever they are set: for one, for many, for new ones.
import { execFileSync } from 'node:child_process';
import { fourWays } from './lib/look.mjs';
import { listenForTokens, Portal } from './lib/portal.mjs';
import { BIRCH, synced } from './lib/scene.mjs';
import { assert, gone, rounds, shows, test, until } from './lib/spec.mjs';

export const stage = { backend: true };

const API = 'api-version=2024-02-29-preview', OC = 'teamsOperatorConnect', ZOOM = 'zoomPhoneCloudPeering', LEEDS = 'b12c0000-0000-4000-8000-0000000000a1';
// Of a state each way once; all of them when everything is looked at.
const WAYS = rounds([{ colorScheme: 'dark', width: 1280 }, { colorScheme: 'light', width: 320 }], undefined);
const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const service = (page) => page.getByRole('checkbox', { name: 'Operator Connect' });
const field = (page, name) => page.getByLabel(name, { exact: true });
const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
/** What is said at the field of this control. */
const at = (page, control) => page.locator('.fui-Field').filter({ has: control });
const serviceOf = async (world, account, number, key = OC) => (await world.number(account, number)).serviceDetails[key];

/** Birch Logistics, whose numbers are synchronized, with Zoom besides. */
async function birch(world) {
    await until(async () => (await world.request('GET', `/teamsRequestsForInformation/${BIRCH}?${API}`)).status, 200, 'the enterprise');
    await world.putAccount('birch', [ZOOM], synced(BIRCH));
    await until(async () => (await world.api('GET', `/accounts/birch/teamsCivicAddresses?${API}`)).value.length, (n) => n > 0, 'its addresses');
}

async function apply(page) {
    await button(page, 'Apply').click();
    await dialog(page).getByRole('button', { name: 'Apply', exact: true }).click();
    await shows(page.getByText('Done', { exact: true }).first());
}

test('a number is found, changed with what the customer can choose from, and sent', async ({ page, portal, world }) => {
    await birch(world);
    await world.putNumbers('birch', '+441134962000', 3, { services: [OC] });
    await portal.signIn('will', 'accounts/birch/numbers');
    await link(page, '+441134962001').click();
    await portal.at('+441134962001');
    await portal.address('accounts/birch/numbers/+441134962001');
    await shows(page.getByText('Acquired capabilities in Operator Connect'));
    await shows(page.getByText('UserAssignment and Office365 come with the usage.'));
    await page.getByLabel('OutboundCalling').check();
    await page.getByLabel('The customer may change the address').uncheck();
    await shows(page.getByText(/Teams refuses a number for people who call that has no address/));
    await field(page, 'Civic address').selectOption({ label: '2 Sample Road, Leeds, LS1 1AA, GB' });
    await gone(page.getByText(/Teams refuses a number for people who call that has no address/));
    assert.equal(await field(page, 'Location').inputValue(), `is ${LEEDS}`); // the whole address
    await field(page, 'Displayed country').fill('gb');
    await field(page, 'Custom SIP header').fill('leeds-desk');
    await button(page, 'Save').click();
    await shows(page.getByText('Number saved', { exact: true }));
    await until(async () => (await world.number('birch', '+441134962001')).serviceProvisioningStatus, 'synced', 'the number');
    const now = await world.number('birch', '+441134962001'), { configuration } = now.serviceDetails[OC];
    assert.deepEqual(configuration.choosableCapabilities, ['InboundCalling', 'OutboundCalling']);
    assert.deepEqual([configuration.civicAddressId, configuration.locationId, configuration.allowTenantAddressUpdate, configuration.displayedCountryCode], [LEEDS, LEEDS, false, 'GB']);
    assert.equal(now.configuration.customSipHeader, 'leeds-desk');
    await shows(page.getByText('Synced', { exact: true })); // by itself
    await shows(page.getByText(/Portal · Will Writer/));
    await page.goBack();
    await portal.at('Numbers of birch');
});

test('the command that is shown does the same', async ({ page, portal, context, world }) => {
    await world.putAccount('by-curl', [ZOOM, 'azureOperatorCallProtection']);
    await world.putNumbers('by-curl', '+441134962100', 1);
    const tokens = listenForTokens(context);
    await portal.signIn('will', 'accounts/by-curl/numbers/+441134962100');
    await field(page, 'Custom SIP header').fill('curled');
    await page.getByLabel('Azure Operator Call Protection').check();
    await button(page, 'Equivalent command').last().click();
    const command = await page.getByRole('group', { name: 'curl command' }).textContent();
    assert(command.includes('$NUMGATE_TOKEN') && command.includes('If-Match') && tokens.secrets.every((each) => !command.includes(each)), command);
    assert.match(await page.getByRole('group', { name: 'numgate command' }).textContent(), /^numgate number put by-curl \+441134962100 - --if-match '"[\d.]+"' <<'END'\n/);
    execFileSync('sh', ['-c', command], { env: { PATH: process.env.PATH, CURL_CA_BUNDLE: process.env.NODE_EXTRA_CA_CERTS, NUMGATE_TOKEN: tokens.bodies[0].access_token }, timeout: 20_000 });
    const now = await world.number('by-curl', '+441134962100');
    assert.equal(now.configuration.customSipHeader, 'curled');
    assert.equal(now.serviceDetails.azureOperatorCallProtection.enabled, true);
});

test('two people edit one number: what each typed is there, and each chooses', async ({ page, portal, world, open, expect }) => {
    await world.putAccount('shared', [ZOOM, 'azureOperatorCallProtection']);
    await world.putNumbers('shared', '+441134962200', 1, { header: 'before' });
    const other = new Portal(await open());
    await portal.signIn('will', 'accounts/shared/numbers/+441134962200');
    await other.signIn('dora', 'accounts/shared/numbers/+441134962200');
    await field(page, 'Custom SIP header').fill('of-Will');
    await page.getByLabel('Azure Operator Call Protection').check();
    await field(other.page, 'Custom SIP header').fill('of-Dora');
    await button(other.page, 'Save').click();
    await shows(other.page.getByText('Number saved', { exact: true }));
    expect(/status of 412/);
    await button(page, 'Save').click();
    await shows(page.getByRole('heading', { name: 'Somebody else changed this number' }));
    await shows(page.getByText('Nothing was saved, and nothing you typed is lost.'));
    await shows(page.getByLabel('Yours: of-Will'));
    await fourWays(page, { ways: WAYS });
    await page.getByLabel('Stored now: of-Dora').check();
    await button(page, 'Save these').click();
    await shows(page.getByText('Number saved', { exact: true }));
    const now = await world.number('shared', '+441134962200');
    assert.equal(now.configuration.customSipHeader, 'of-Dora');
    assert.equal(now.serviceDetails.azureOperatorCallProtection.enabled, true);
});

test('what was typed outlives a reload, and can be thrown away', async ({ page, portal, world }) => {
    await world.putAccount('typed', [ZOOM]);
    await world.putNumbers('typed', '+441134962300', 1, { header: 'stored' });
    await portal.signIn('will', 'accounts/typed/numbers/+441134962300');
    await field(page, 'Custom SIP header').fill('typed');
    await page.reload();
    await shows(page.getByText('What you had typed before is back.'));
    assert.equal(await field(page, 'Custom SIP header').inputValue(), 'typed');
    await button(page, 'Throw it away').click();
    await until(() => field(page, 'Custom SIP header').inputValue(), 'stored', 'the stored header');
    await field(page, 'Custom SIP header').fill('anew');
    await gone(page.getByText('What you had typed before is back.')); // this was typed now
});

test('words that were typed go with the rest of what is thrown away', async ({ page, portal, world }) => {
    await world.putAccount('words', [OC], { serviceDetails: { [OC]: { enabled: true, syncEnabled: false } } });
    await world.putNumbers('words', '+441134964000', 1, { services: [OC] });
    await portal.signIn('will', 'accounts/words/numbers/+441134964000');
    await field(page, 'Custom SIP header').fill('typed');
    await page.reload();
    await page.getByLabel('Other capabilities').fill('Special');
    await button(page, 'Throw it away').click();
    await until(() => page.getByLabel('Other capabilities').inputValue(), '', 'no words');
    await gone(page.getByLabel('Special'));
    await field(page, 'Custom SIP header').fill('kept');
    await button(page, 'Save').click();
    await shows(page.getByText('Number saved', { exact: true }));
    assert(!(await serviceOf(world, 'words', '+441134964000')).configuration.choosableCapabilities.includes('Special'));
});

test('what is typed while it is being saved stays, upon what was saved', async ({ page, portal, world }) => {
    await world.putAccount('quick', [ZOOM]);
    await world.putNumbers('quick', '+441134964100', 1);
    await portal.signIn('will', 'accounts/quick/numbers/+441134964100');
    let go;
    const typed = new Promise((resolve) => { go = resolve; });
    await page.route(/numbers\/(\+|%2B)441134964100/, async (route) => {
        if (route.request().method() === 'PUT') await typed;
        await route.continue();
    });
    await field(page, 'Custom SIP header').fill('first');
    await button(page, 'Save').focus();
    await page.keyboard.press('Enter');
    await until(() => button(page, 'Save').getAttribute('aria-disabled'), 'true', 'that it saves');
    assert(await button(page, 'Save').evaluate((each) => each === document.activeElement));
    await field(page, 'Custom SIP header').fill('second');
    go();
    await shows(page.getByText('Number saved', { exact: true }));
    assert.equal(await field(page, 'Custom SIP header').inputValue(), 'second');
    assert.equal((await world.number('quick', '+441134964100')).configuration.customSipHeader, 'first');
    await button(page, 'Save').click();
    await until(async () => (await world.number('quick', '+441134964100')).configuration.customSipHeader, 'second', 'the second header');
});

test('a number that is deleted meanwhile is said to be gone, over what was typed', async ({ page, portal, world, expect }) => {
    await world.putAccount('meanwhile', [ZOOM]);
    await world.putNumbers('meanwhile', '+441134964200', 1);
    await portal.signIn('ada', 'accounts/meanwhile/numbers/+441134964200');
    await field(page, 'Custom SIP header').fill('typed');
    await world.api('DELETE', `/accounts/meanwhile/numbers/+441134964200?${API}`);
    expect(/status of 4(04|12)/);
    await button(page, 'Save').click();
    await shows(page.getByText('meanwhile does not have this number any more.'));
    assert.equal(await field(page, 'Custom SIP header').inputValue(), 'typed');
    await gone(button(page, 'Delete number'));
    await fourWays(page, { ways: WAYS });
});

test('what is wrong is said at its field, by the page and by the server', async ({ page, portal, world, expect }) => {
    await world.putAccount('wrong', [ZOOM, OC], { serviceDetails: { [OC]: { enabled: true, syncEnabled: false } } });
    await world.api('PUT', `/accounts/wrong/numbers/+441134962400?${API}`, { telephoneNumber: '+441134962400', accountName: 'wrong', serviceDetails: {} });
    await portal.signIn('will', 'accounts/wrong/numbers/+441134962400');
    await shows(page.getByText('None: it is parked'));
    await service(page).check();
    await field(page, 'Custom SIP header').fill('a b');
    await button(page, 'Save').click();
    await shows(at(page, page.getByLabel(/^Usage/)).getByText('Choose a usage in Operator Connect.'));
    await shows(at(page, field(page, 'Custom SIP header')).getByText('1 to 100 letters, digits, - and _.'));
    await fourWays(page, { ways: WAYS });
    await page.getByLabel(/^Usage/).selectOption('CallingUserAssignment');
    await page.getByLabel('Other capabilities').fill('Special, InboundCalling');
    await field(page, 'Custom SIP header').fill('fine');
    await world.putAccount('wrong', [ZOOM]); // somebody takes the service off the account meanwhile
    expect(/status of 400/);
    await button(page, 'Save').click();
    await shows(at(page, service(page)).getByText(/has not enabled teamsOperatorConnect/));
    await world.putAccount('wrong', [ZOOM, OC], { serviceDetails: { [OC]: { enabled: true, syncEnabled: false } } });
    await button(page, 'Save').click();
    await shows(page.getByText('Number saved', { exact: true }));
    assert.deepEqual((await serviceOf(world, 'wrong', '+441134962400')).configuration, { usage: 'CallingUserAssignment', choosableCapabilities: ['Special', 'InboundCalling'], allowTenantAddressUpdate: false });
});

test('a service is switched off by who types the number, and not while it is assigned', async ({ page, portal, world }) => {
    await birch(world);
    await world.putNumbers('birch', '+441134962500', 2, { services: [OC] });
    await until(async () => (await world.number('birch', '+441134962501')).serviceProvisioningStatus, 'synced', 'the number');
    await world.lab('POST', '/lab/backend/numbers/+441134962500', { service: OC, assignmentStatus: 'UserAssigned' });
    await until(async () => (await serviceOf(world, 'birch', '+441134962500')).assignmentStatus, 'assigned', 'the assignment');
    await portal.signIn('ada', 'accounts/birch/numbers/+441134962500');
    await shows(page.getByText(/^Assigned to somebody in Teams/));
    assert(await service(page).isDisabled());
    await button(page, 'Delete number').click();
    await shows(dialog(page).getByText('It is assigned to somebody in Teams. The customer has to unassign it first.'));
    await page.keyboard.press('Escape');
    await portal.open('accounts/birch/numbers/+441134962501');
    await portal.at('+441134962501');
    await service(page).uncheck();
    await button(page, 'Save').click();
    await shows(dialog(page).getByText('The back end of Operator Connect releases it: the customer does not see it there any more.'));
    await fourWays(page, { ways: WAYS });
    const confirm = button(dialog(page), 'Switch off and save');
    assert(await confirm.isDisabled());
    await dialog(page).getByRole('textbox').fill('+441134962501');
    await confirm.click();
    await shows(page.getByText('Number saved', { exact: true }));
    assert.deepEqual(await serviceOf(world, 'birch', '+441134962501'), { enabled: false }); // nothing is left behind
});

test('a number is deleted by who types it', async ({ page, portal, world }) => {
    await world.putAccount('goes', [ZOOM]);
    await world.putNumbers('goes', '+441134962600', 2);
    await portal.signIn('dora', 'accounts/goes/numbers');
    await page.getByLabel('Select +441134962600').check();
    await link(page, 'Manage number').click();
    await portal.at('+441134962600');
    await button(page, 'Delete number').click();
    await shows(dialog(page).getByText('Calls to it through Zoom Phone Cloud Peering stop.'));
    await dialog(page).getByRole('textbox').fill('+441134962600');
    await button(dialog(page), 'Delete number').click();
    await portal.at('Numbers of goes');
    await gone(link(page, '+441134962600'));
    assert.equal((await world.request('GET', `/accounts/goes/numbers/+441134962600?${API}`)).status, 404);
});

test('a number that is not there is said to be so, and looked for elsewhere', async ({ page, portal, world, expect }) => {
    await world.putAccount('here', [ZOOM]);
    await world.putAccount('there', [ZOOM]);
    await world.putNumbers('there', '+441134962700', 1);
    expect(/status of 404/);
    await portal.signIn('rita', 'accounts/here/numbers/+441134962700');
    await shows(page.getByRole('heading', { name: 'here has no such number' }));
    await link(page, 'Look in all accounts').click();
    await portal.at('Numbers');
    await link(page, '+441134962700').click();
    await portal.address('accounts/there/numbers/+441134962700');
});

test('Operator Connect is switched on for many, with a usage', async ({ page, portal, world }) => {
    await birch(world);
    await world.putNumbers('birch', '+441134963000', 4);
    await portal.signIn('will', 'accounts/birch/numbers');
    await page.getByLabel('Select +441134963000').check();
    await page.getByLabel('Select +441134963001').check();
    await button(page, 'Manage').click();
    await dialog(page).getByLabel('Operator Connect', { exact: true }).selectOption('on');
    await shows(dialog(page).getByText('Choose a usage in Operator Connect.'));
    assert(await button(page, 'Preview change').isDisabled());
    await fourWays(page, { ways: WAYS });
    await field(dialog(page), 'Displayed country').selectOption('set');
    await field(dialog(page), 'Displayed country: new value').focus();
    await page.keyboard.press('Tab');
    await shows(at(page, page.getByLabel(/^Usage/)).getByText('Choose a usage in Operator Connect.'));
    await shows(at(page, field(page, 'Displayed country: new value')).getByText('Enter the displayed country in Operator Connect, or leave it as it is.'));
    await field(dialog(page), 'Displayed country').selectOption('keep');
    await field(dialog(page), 'Civic address').selectOption('other');
    await field(dialog(page), 'Civic address: another, by its ID').focus();
    await page.keyboard.press('Tab');
    await until(() => field(dialog(page), 'Civic address: another, by its ID').getAttribute('aria-invalid'), 'true', 'the mark at what is missing');
    await fourWays(page, { ways: WAYS });
    await dialog(page).getByLabel(/^Usage/).selectOption({ label: 'CallingUserAssignment – Calling for users' });
    await dialog(page).getByLabel('InboundCalling').check();
    await field(dialog(page), 'Civic address').selectOption({ label: '2 Sample Road, Leeds, LS1 1AA, GB' });
    await button(page, 'Preview change').click();
    await shows(page.getByRole('tab', { name: 'Changed (2)' }));
    await apply(page);
    const { enabled, configuration } = await serviceOf(world, 'birch', '+441134963001');
    assert.deepEqual([enabled, configuration.usage, configuration.choosableCapabilities, configuration.civicAddressId], [true, 'CallingUserAssignment', ['InboundCalling'], LEEDS]);
    assert.equal(await serviceOf(world, 'birch', '+441134963002'), undefined);
    await until(async () => (await world.number('birch', '+441134963001')).serviceProvisioningStatus, 'synced', 'the number');

    await portal.open('accounts/birch/numbers');
    await page.getByLabel('Select +441134963000').check();
    await page.getByLabel('Select +441134963001').check();
    await page.getByLabel('Select +441134963002').check();
    await button(page, 'Manage').click();
    await button(page, 'Settings of Operator Connect').click(); // of those that have it
    await fourWays(page, { ways: WAYS });
    await field(dialog(page), 'The customer may change the address').selectOption('on');
    await button(page, 'Preview change').click();
    await shows(page.getByRole('tab', { name: 'Changed (2)' }));
    await shows(page.getByRole('tab', { name: 'Refused (1)' }));
    await apply(page);
    const after = (await serviceOf(world, 'birch', '+441134963000')).configuration;
    assert.deepEqual([after.allowTenantAddressUpdate, after.civicAddressId, after.usage], [true, LEEDS, 'CallingUserAssignment']);
});

test('new numbers get Operator Connect as it is set up', async ({ page, portal, world }) => {
    await birch(world);
    await portal.signIn('will', 'accounts/birch/create-numbers');
    await page.getByLabel(/^Telephone numbers/).fill('+44113496310{0-4}');
    await service(page).check();
    await button(page, 'Preview').click();
    await shows(page.getByText('Choose a usage in Operator Connect.'));
    await page.getByLabel(/^Usage/).selectOption('ConferenceAssignment – Conference bridges');
    await button(page, 'Preview').click();
    await shows(page.getByRole('tab', { name: 'New (5)' }));
    await apply(page);
    assert.equal((await serviceOf(world, 'birch', '+441134963104')).configuration.usage, 'ConferenceAssignment');
});

test('new numbers are told what they cannot have', async ({ page, portal, world }) => {
    await birch(world);
    await portal.signIn('will', 'accounts/birch/create-numbers');
    const numbers = page.getByLabel(/^Telephone numbers/);
    await numbers.fill('+18005550123');
    await service(page).check();
    await page.getByLabel(/^Usage/).selectOption('CallingUserAssignment – Calling for users');
    await shows(page.getByRole('checkbox', { name: 'Mobile (not available here)' }));
    await numbers.fill('+441134963150');
    await page.keyboard.press('Tab');
    await shows(page.getByRole('checkbox', { name: 'Mobile', exact: true }));
    await gone(page.getByText('not available here'));
});

test('an address is chosen among more than a page of them', async ({ page, portal, world }) => {
    const tenant = 'ced00000-0000-4000-8000-000000000001', id = (n) => `ced00000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    await world.lab('PUT', `/lab/backend/consents/${tenant}`, { status: 'Active', consentedCountries: ['GB'] });
    for (let n = 1000; n < 1510; n++) await world.lab('PUT', `/lab/backend/tenants/${tenant}/addresses/${id(n)}`, { country: 'GB', cityOrTown: 'Leeds', streetName: 'Sample Road', houseNumber: `${n}` });
    await world.putAccount('cedar', [ZOOM], synced(tenant));
    await until(async () => (await world.request('GET', `/accounts/cedar/teamsCivicAddresses/${id(1509)}?${API}`)).status, 200, 'the last address');
    await portal.signIn('will', 'accounts/cedar/create-numbers');
    await service(page).check();
    await field(page, 'Civic address').selectOption({ label: '1509 Sample Road, Leeds, GB' });
    assert.equal(await field(page, 'Civic address').inputValue(), `is ${id(1509)}`);
});

test('who may only read sees all of it, and changes nothing', async ({ page, portal, world, watch }) => {
    await birch(world);
    await world.putNumbers('birch', '+441134963200', 1, { services: [OC] });
    await until(async () => (await world.number('birch', '+441134963200')).serviceProvisioningStatus, 'synced', 'the number');
    await portal.signIn('rita', 'accounts/birch/numbers/+441134963200');
    await portal.at('+441134963200');
    await shows(page.getByText('CallingUserAssignment'));
    await shows(page.getByText('Changing numbers needs the role ProvisioningAPI.WriteUser.'));
    await gone(button(page, 'Save'));
    await gone(button(page, 'Delete number'));
    assert.equal(await page.locator('main').getByRole('textbox').count() + await page.locator('main').getByRole('checkbox').count(), 0);
    assert(!watch.network.some((line) => / (PUT|PATCH|DELETE) /.test(line)));
});

test('after the launch people look at what the programme has, and change the rest', async ({ page, portal, world }) => {
    await birch(world);
    await world.putNumbers('birch', '+441134963300', 1, { services: [OC] });
    await world.putNumbers('birch', '+441134963301', 1);
    await world.daemon.configure('[operator_connect]\nlaunched = yes\n');
    await portal.signIn('ada', 'accounts/birch/numbers/+441134963300');
    await shows(page.getByText('Operator Connect is launched.'));
    await shows(page.getByText('CallingUserAssignment'));
    await gone(button(page, 'Save'));
    await gone(button(page, 'Delete number'));
    await portal.open('accounts/birch/numbers/+441134963301');
    await portal.at('+441134963301');
    assert(await service(page).isDisabled());
    await shows(page.getByText('Launched: changes come through the API.'));
    await field(page, 'Custom SIP header').fill('still');
    await button(page, 'Save').click();
    await shows(page.getByText('Number saved', { exact: true }));
});
