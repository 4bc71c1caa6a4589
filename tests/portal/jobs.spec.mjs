// Jobs by hand: followed, cancelled, tried again, and done though the daemon dies; who may what.
import { axe, turn } from './lib/look.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

const API = 'api-version=2024-02-29-preview';
const LONG_MS = 120_000;
const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
/** What is said beside the title. */
const state = (page, text) => page.locator('h1 + *').getByText(text, { exact: true });
const count = async (world, account) => Number((await world.request('GET', `/accounts/${account}/numbers?${API}&countRecords=true&top=1`)).headers['x-ms-record-count']);
const applied = async (world, page) => (await world.api('GET', `/numgate/v1/jobs/${page.url().split('/').at(-1)}`)).counts.applied;
const ZOOM = { serviceDetails: { zoomPhoneCloudPeering: { enabled: true } } };

/** By a job, which is quicker than batches. */
async function numbers(world, account, list) {
    const { id } = await world.api('POST', '/numgate/v1/jobs', { kind: 'create', accountName: account, telephoneNumbers: [list], number: ZOOM });
    const now = async () => (await world.api('GET', `/numgate/v1/jobs/${id}`)).state;
    await until(now, 'previewed', 'a preview', LONG_MS);
    await world.api('POST', `/numgate/v1/jobs/${id}:apply`);
    await until(now, 'done', 'numbers', LONG_MS);
}

/** The page of a job that would create these. */
async function preview({ page, portal }, account, list) {
    await portal.signIn('will', `accounts/${account}/create-numbers`);
    await portal.at('Create numbers');
    await page.getByLabel(/^Telephone numbers/).fill(list);
    await page.getByLabel('Zoom Phone Cloud Peering').check();
    await button(page, 'Preview').click();
    await shows(state(page, 'Ready to apply'), LONG_MS);
    return page.url().split('/').at(-1);
}

async function apply(page) {
    await button(page, 'Apply').click();
    await button(dialog(page), 'Apply').click();
    await gone(dialog(page));
}

/** With the keyboard: it says that it is at work, and has the focus still. */
async function pressed(page, name, within) {
    await button(within, name).focus();
    await page.keyboard.press('Enter');
    await until(() => button(within, name).getAttribute('aria-disabled'), 'true', `that ${name} is at work`);
    assert(await button(within, name).evaluate((each) => each === document.activeElement), `${name} lost the focus`);
}

test('what it would do is asked about before, and looks well', async (scene) => {
    const { page, world } = scene;
    await world.putAccount('asked');
    await preview(scene, 'asked', '+441632910001');
    await button(page, 'Apply').click();
    await shows(dialog(page).getByText('1 number is created.'));
    for (const way of [{ colorScheme: 'dark', width: 320 }, { colorScheme: 'light', width: 1280 }]) {
        await turn(page, way);
        await axe(page, 'the dialog before a job is applied');
    }
    await button(dialog(page), 'Cancel').click();
    let cancels = 0;
    page.on('request', (request) => { if (request.url().endsWith(':cancel')) cancels++; });
    await button(page, 'Throw away').evaluate((one) => { one.click(); one.click(); });
    await shows(state(page, 'Cancelled'));
    assert.equal(cancels, 1);
    await until(() => page.evaluate(() => document.activeElement.tagName), 'H1', 'the focus, whose button is gone');
    assert.equal(await count(world, 'asked'), 0);
});

test('more jobs are shown, and the focus stays at the button meanwhile', async ({ page, portal, world }) => {
    await world.putAccount('more');
    for (let n = 0; n < 5; n++) await world.api('POST', '/numgate/v1/jobs', { kind: 'create', accountName: 'more', telephoneNumbers: [`+44163292300${n}`], number: ZOOM });
    let go;
    const held = new Promise((resolve) => { go = resolve; });
    await page.route(/\/numgate\/v1\/jobs\?/, async (route) => { // pages of two, the third held back
        const url = route.request().url();
        if (url.includes('maxpagesize=50')) await route.continue({ url: url.replace('maxpagesize=50', 'maxpagesize=2') });
        else await held.then(() => route.continue());
    });
    await portal.signIn('ada', 'jobs');
    await portal.at('Jobs');
    await pressed(page, 'Show more', page);
    go();
    await until(() => page.getByRole('table').getAttribute('aria-rowcount'), (n) => Number(n) >= 5, 'more rows');
    await until(() => button(page, 'Show more').getAttribute('aria-disabled').catch(() => null), (busy) => busy !== 'true', 'that it can be pressed again');
    await until(() => page.evaluate(() => document.activeElement.textContent), 'Show more', 'the focus');
});

test('the focus stays at the button of a dialog while it works, and when it fails', async (scene) => {
    const { page, world, expect } = scene;
    await world.putAccount('keyboard');
    await preview(scene, 'keyboard', '+441632923100');
    let fail;
    const failure = new Promise((resolve) => { fail = resolve; });
    await page.route(/:apply/, (route) => failure.then(() => route.fulfill({ status: 409, json: { error: { code: 'Conflict', message: 'Not now.' } } })), { times: 1 });
    await button(page, 'Apply').click();
    await shows(dialog(page));
    expect(/status of 409/);
    await pressed(page, 'Apply', dialog(page));
    assert.equal(await button(dialog(page), 'Cancel').getAttribute('aria-disabled'), 'true');
    fail();
    await shows(dialog(page).getByText('Not now.'));
    assert(await button(dialog(page), 'Apply').evaluate((each) => each === document.activeElement), 'the focus is where it was');
    await page.keyboard.press('Enter');
    await shows(state(page, 'Done'));
});

test('a job that is cancelled in the middle keeps what it did, and does no more', async (scene) => {
    const { page, world } = scene;
    await world.putAccount('stopped');
    const id = await preview(scene, 'stopped', '+44164{00000-99999}');
    await apply(page);
    await button(page, 'Cancel').click();
    await shows(state(page, 'Cancelled'));
    await gone(button(page, 'Cancel'));
    const { counts } = await world.api('GET', `/numgate/v1/jobs/${id}`);
    assert(counts.applied < 100_000, 'it was done before it could be cancelled');
    assert.equal(await count(world, 'stopped'), counts.applied);
});

test('rows that failed are tried again, and lists follow by themselves', async (scene) => {
    const { page, portal, world, open } = scene;
    await world.putAccount('again');
    await preview(scene, 'again', '+4416329200{00-29}');
    const list = new (portal.constructor)(await open());
    await list.signIn('will', 'jobs');
    const row = list.page.getByRole('row').filter({ has: list.page.getByRole('link', { name: 'Create or replace 30 numbers of again' }) });
    await shows(row.getByText('Ready to apply'));
    await row.getByRole('link').focus();
    await world.putAccount('again', ['azureOperatorCallProtection']); // the service goes: none of the rows can be done
    await apply(page);
    await shows(state(page, 'Done'));
    await shows(page.getByRole('tab', { name: 'Failed (30)' }));
    await page.getByRole('tab', { name: 'Failed (30)' }).click();
    await shows(page.getByRole('cell', { name: /ServiceNotEnabled/ }).first());
    await list.page.bringToFront();
    await shows(row.getByText('Done'));
    assert(await row.getByRole('link').evaluate((each) => each === document.activeElement), 'the focus is where it was');
    await page.bringToFront();
    await world.putAccount('again');
    await button(page, 'Try failed rows again').click();
    await shows(page.getByRole('tab', { name: 'Applied (30)' }));
    await shows(state(page, 'Done'));
    assert.equal(await count(world, 'again'), 30);
    await gone(button(page, 'Try failed rows again'));
});

test('all that match are deleted though the daemon dies in the middle', async ({ page, portal, world, may }) => {
    await world.putAccount('deleted');
    await numbers(world, 'deleted', '+44163{000000-099999}');
    await portal.signIn('dora', 'accounts/deleted/numbers');
    await portal.at('Numbers of deleted');
    await shows(page.getByText('100 of 100,000 numbers'));
    await page.getByLabel('Select all on this page').check();
    await button(page, 'Select all 100,000 that match').click();
    await button(page, 'Delete numbers').click();
    await shows(dialog(page).getByText('100,000 numbers of deleted.'));
    await button(page, 'Preview deletion').click();
    await shows(state(page, 'Ready to apply'), LONG_MS);
    await apply(page);
    const row = page.getByRole('table').getByRole('row').nth(1), place = () => page.evaluate(() => [document.activeElement.textContent, scrollY > 0]);
    await row.getByRole('link').focus();
    await page.evaluate(() => scrollTo(0, 120));
    await until(() => applied(world, page), (n) => n > 0, 'some of them gone');
    may(/ERR_|status of 503/);
    await world.daemon.kill();
    await world.daemon.start();
    const left = await count(world, 'deleted');
    assert(left > 0 && left < 100_000, `${left} were left when it died`);
    await shows(state(page, 'Done'), LONG_MS);
    await shows(page.getByRole('tab', { name: 'Applied (100,000)' }));
    await shows(row.getByText('Applied', { exact: true })); // by itself, and what had the focus has it, where it was
    assert.deepEqual(await place(), ['deleted', true]);
    assert.equal(await count(world, 'deleted'), 0);
}, { seconds: 300 });
