// Numbers by hand: found, chosen, changed, deleted and created, each as a job that is looked at first.
import { Buffer } from 'node:buffer';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const row = (page, number) => page.getByRole('row', { name: new RegExp(`^.*${number.replace('+', '\\+')}`) });
const count = async (world, account) => {
    const reply = await world.request('GET', `/accounts/${account}/numbers?api-version=2024-02-29-preview&countRecords=true&top=1`);
    return Number(reply.headers['x-ms-record-count']);
};

async function apply(page) {
    await button(page, 'Apply').click();
    await dialog(page).getByRole('button', { name: 'Apply', exact: true }).click();
    await shows(page.getByText('Done', { exact: true }).first());
}

test('a list goes forward, to a number, and back, and its address says where it is', async ({ page, portal, world }) => {
    await world.putAccount('listed');
    await world.putNumbers('listed', '+441632970000', 120);
    await portal.signIn('rita', 'accounts/listed/numbers');
    await portal.at('Numbers of listed');
    await shows(page.getByText('100 of 120 numbers'));
    await shows(row(page, '+441632970000'));
    await button(page, 'Next').click();
    await portal.address(`accounts/listed/numbers?after=${encodeURIComponent('+441632970099')}`);
    await shows(row(page, '+441632970100'));
    await page.goBack(); // scrolled as it was left: which of the rows are drawn is not known
    await portal.address('accounts/listed/numbers');
    await gone(row(page, '+4416329701').first());
    await shows(row(page, '+4416329700').first());
    await page.getByLabel('Go to number').fill('+44 1632 970050');
    await button(page, 'Go').click();
    await shows(row(page, '+441632970050'));
    await gone(row(page, '+441632970049'));
    await page.getByLabel('Number begins with').fill('+44 (0)1632 97011');
    await shows(page.getByText('10 of 10 numbers'));
    await page.getByLabel('Number begins with').fill('desk'); // which no number begins with, rather than each
    await shows(page.getByRole('heading', { name: 'No number matches' }));
});

test('the filter is the address: Back and a reload bring it back', async ({ page, portal, world }) => {
    await world.putAccount('filtered', ['zoomPhoneCloudPeering', 'azureOperatorCallProtection']);
    await world.putNumbers('filtered', '+441632973000', 6);
    await world.putNumbers('filtered', '+441632973100', 3, { services: ['azureOperatorCallProtection'], header: 'desk' });
    await portal.signIn('rita', 'accounts/filtered/numbers');
    await portal.at('Numbers of filtered');
    await shows(page.getByText('9 of 9 numbers'));
    await page.getByLabel('Service').selectOption('Azure Operator Call Protection');
    await shows(page.getByText('3 of 3 numbers'));
    const { search } = new URL(page.url());
    assert.equal(new URLSearchParams(search).get('filter'), 'serviceDetails/azureOperatorCallProtection/enabled eq true');
    await portal.go('Accounts');
    await portal.at('Accounts');
    await page.goBack();
    await shows(page.getByText('3 of 3 numbers'));
    await page.reload();
    await shows(page.getByText('3 of 3 numbers'));
    assert.equal(await page.getByLabel('Service').inputValue(), 'Azure Operator Call Protection');
    assert.equal(new URL(page.url()).search, search);
    await page.goBack();
    await shows(page.getByText('9 of 9 numbers'));
});

test('who may only read is offered nothing else of numbers, blocks and jobs', async ({ page, portal, world }) => {
    await world.putAccount('only-read');
    await world.putNumbers('only-read', '+441632974000', 3);
    await portal.signIn('rita', 'accounts/only-read/numbers');
    await portal.at('Numbers of only-read');
    await shows(row(page, '+441632974000'));
    await gone(page.getByRole('checkbox').first());
    await gone(link(page, 'Create numbers'));
    await link(page, 'Blocks').click();
    await portal.at('Blocks of only-read');
    await shows(link(page, '+441632974000–4002'));
    await gone(page.getByRole('columnheader', { name: 'Actions' }));
    await portal.go('Jobs');
    await portal.at('Jobs');
    await shows(page.getByRole('heading', { name: 'No jobs yet' }));
    await portal.open('accounts/only-read/create-numbers');
    await shows(page.getByText('ProvisioningAPI.WriteUser'));
});

test('numbers are created from a range after a preview', async ({ page, portal, world }) => {
    await world.putAccount('fresh-numbers', ['zoomPhoneCloudPeering']);
    await world.putNumbers('fresh-numbers', '+441632971000', 2);
    await portal.signIn('will', 'accounts/fresh-numbers/create-numbers');
    await portal.at('Create numbers');
    await button(page, 'Preview').click();
    await shows(page.getByText('Enter one number at least.'));
    await page.getByLabel(/^Telephone numbers/).fill('+441632971000\n1632 971 001');
    await button(page, 'Preview').click();
    await shows(page.getByText('"1632 971 001" does not begin with +.'));
    await page.getByLabel(/^Telephone numbers/).fill('+4416329710{00-07}; +44 1632 971 008\n00441632971009');
    await page.getByLabel('Zoom Phone Cloud Peering').check();
    await button(page, 'Preview').click();
    await shows(page.getByText('Ready to apply', { exact: true }));
    await shows(page.getByRole('tab', { name: 'New (8)' }));
    await shows(page.getByRole('tab', { name: 'Same (2)' }));
    assert.equal(await count(world, 'fresh-numbers'), 2);
    await page.goBack();
    await shows(page.getByText('What you had typed before is back.'));
    assert(await page.getByLabel('Zoom Phone Cloud Peering').isChecked());
    await button(page, 'Preview').click();
    await shows(page.getByRole('tab', { name: 'New (8)' }));
    await apply(page);
    assert.equal(await count(world, 'fresh-numbers'), 10);
    await page.goBack(); // what was applied is done with
    await portal.at('Create numbers');
    assert.equal(await page.getByLabel(/^Telephone numbers/).inputValue(), '');
    await gone(page.getByText('What you had typed before is back.'));
});

test('what was typed and looked at can be thrown away, and a second click makes no second job', async ({ page, portal, world }) => {
    await world.putAccount('typed', ['zoomPhoneCloudPeering']);
    await portal.signIn('will', 'accounts/typed/create-numbers');
    await page.getByLabel(/^Telephone numbers/).fill('+441632971500');
    await button(page, 'Preview').evaluate((one) => { one.click(); one.click(); });
    await shows(page.getByText('Ready to apply', { exact: true }));
    assert.equal((await world.api('GET', '/numgate/v1/jobs')).value.filter(({ accountName }) => accountName === 'typed').length, 1);
    await page.goBack();
    await button(page, 'Throw it away').click();
    await gone(page.getByText('What you had typed before is back.'));
    assert.equal(await page.getByLabel(/^Telephone numbers/).inputValue(), '');
    await page.reload();
    await portal.at('Create numbers');
    assert.equal(await page.getByLabel(/^Telephone numbers/).inputValue(), '');
});

test('a large file with bad rows says which, and does the others', async ({ page, portal, world }) => {
    await world.putAccount('filed', ['zoomPhoneCloudPeering']);
    const good = Array.from({ length: 9_990 }, (_, n) => `+4416329${String(72_0000 + n).slice(0, 6)},true`);
    const text = ['telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled', ...good, ...Array.from({ length: 10 }, (_, n) => `bad${n},true`)].join('\r\n');
    await portal.signIn('will', 'accounts/filed/create-numbers');
    await page.getByLabel('From a file').check();
    await page.locator('input[type=file]').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await button(page, 'Equivalent command').click();
    assert.equal(await page.getByRole('group', { name: 'numgate command' }).textContent(), 'numgate number import filed rows.csv --dry-run');
    let uploads = 0;
    page.on('request', (request) => { if (request.url().includes('jobs:upload')) uploads++; });
    await button(page, 'Preview').evaluate((one) => { one.click(); one.click(); });
    await shows(page.getByRole('tab', { name: 'Refused (10)', selected: true }), 60_000);
    assert.equal(uploads, 1);
    await shows(page.getByRole('tab', { name: 'New (9,990)' }));
    await apply(page);
    assert.equal(await count(world, 'filed'), 9_990);
});

test('some are changed, and only what was chosen', async ({ page, portal, world }) => {
    await world.putAccount('changed', ['zoomPhoneCloudPeering']);
    await world.putNumbers('changed', '+441632985000', 5);
    await portal.signIn('will', 'accounts/changed/numbers');
    await page.getByLabel('Select +441632985001').check();
    await page.getByLabel('Select +441632985003').check();
    await button(page, 'Manage').click();
    await dialog(page).getByLabel('Custom SIP header').selectOption('set');
    await page.getByLabel('Custom SIP header: new value').fill('desk');
    await button(page, 'Preview change').click();
    await shows(page.getByRole('tab', { name: 'Changed (2)' }));
    await apply(page);
    const header = async (n) => (await world.number('changed', `+44163298500${n}`)).configuration?.customSipHeader;
    assert.deepEqual([await header(0), await header(1), await header(3)], [undefined, 'desk', 'desk']);
    await portal.go('Jobs');
    await portal.at('Jobs');
    await shows(link(page, 'Change 2 numbers').first());
});

test('blocks show neighbours as one line, and what is not in use', async ({ page, portal, world }) => {
    await world.putAccount('blocks', ['zoomPhoneCloudPeering']);
    await world.putNumbers('blocks', '+441632987000', 50);
    await world.putNumbers('blocks', '+441632987080', 20, { header: 'desk' });
    await portal.signIn('rita', 'blocks?accountName=blocks');
    await portal.at('Blocks of blocks');
    await shows(page.getByText('30 numbers not in use'));
    await link(page, '+441632987080–7099').click();
    await portal.at('Numbers of blocks');
    await shows(row(page, '+441632987080'));
    await shows(page.getByText('20 of 20 numbers'));
});

test('a block is changed, and another deleted, and no number beside them', async ({ page, portal, world }) => {
    await world.putAccount('whole', ['zoomPhoneCloudPeering']);
    await world.putNumbers('whole', '+441632989000', 40, { header: 'desk' });
    await world.putNumbers('whole', '+441632989040', 10);
    await world.putNumbers('whole', '+441632989050', 10, { header: 'front' });
    await portal.signIn('dora', 'accounts/whole/numbers');
    await link(page, 'Blocks').click();
    await portal.at('Blocks of whole');
    await portal.address('blocks?accountName=whole');
    await button(page, 'Manage +441632989040–9049').click();
    await shows(dialog(page).getByText('10 numbers of whole.'));
    await shows(dialog(page).getByText('On for 10 of 10'));
    await dialog(page).getByLabel('Custom SIP header').selectOption('set');
    await page.getByLabel('Custom SIP header: new value').fill('desk');
    await button(page, 'Preview change').click();
    await shows(page.getByRole('tab', { name: 'Changed (10)' }));
    await apply(page);
    await page.goBack();
    await portal.at('Blocks of whole');
    await shows(link(page, '+441632989000–9049')); // one block by now
    await button(page, 'Delete +441632989050–9059').click();
    await button(page, 'Preview deletion').click();
    await shows(page.getByRole('tab', { name: 'Delete (10)' }));
    await apply(page);
    assert.equal(await count(world, 'whole'), 50);
    await page.goBack();
    await gone(link(page, '+441632989050–9059'));
});

test('an export is what an import reads', async ({ page, portal, world }) => {
    await world.putAccount('exported', ['zoomPhoneCloudPeering']);
    await world.putNumbers('exported', '+441632988000', 3, { header: 'desk' });
    await portal.signIn('rita', 'accounts/exported/numbers');
    await portal.at('Numbers of exported');
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Export').click()]);
    assert.equal(download.suggestedFilename(), 'numbers-exported.csv');
    let text = '';
    for await (const part of await download.createReadStream()) text += part;
    const [headings, first, ...rest] = text.trimEnd().split('\r\n');
    assert(headings.startsWith('telephoneNumber,accountName,') && first.startsWith('+441632988000,exported,') && rest.length === 2, text);
});
