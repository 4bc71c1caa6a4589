// Activity: who changed what, found again by what is known of it.
import { assert, gone, shows, test, until } from './lib/spec.mjs';

const API = 'api-version=2024-02-29-preview';
const button = (page, name) => page.getByRole('button', { name, exact: true });
const table = (page) => page.getByRole('table', { name: 'Activity' });
const row = (page, text) => table(page).getByRole('row').filter({ hasText: text });

let furnished = false;

async function visit({ portal, world }, who = 'ada', path = 'activity', title = 'Activity') {
    if (!furnished) {
        await world.putAccount('willow', ['zoomPhoneCloudPeering'], { fields: { correlationId: 'one' } });
        await world.putAccount('willow', ['zoomPhoneCloudPeering'], { fields: { correlationId: 'two' } });
        await world.putAccount('maple');
        await world.putNumbers('maple', '+441632960000', 60);
        await world.api('DELETE', `/accounts/maple/numbers/+441632960001?${API}`);
    }
    furnished = true;
    await portal.signIn(who, path);
    await portal.at(title);
}

test('says who, when, what and by which way, and only what changed', async (scene) => {
    await visit(scene, 'ada', 'activity?account=willow');
    const { page } = scene;
    const changed = row(page, 'Account changed');
    await shows(changed.getByRole('link', { name: 'willow' }).first());
    await shows(changed.getByText('API'));
    assert.match(await changed.getByRole('listitem').first().textContent(), /^correlationId: ?one → two$/);
    await changed.locator('time').hover();
    await shows(page.getByRole('tooltip', { name: '' }).filter({ hasText: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/ }));
    await button(page, 'Details of willow').first().click();
    const dialog = page.getByRole('dialog');
    await shows(dialog.getByText('Request ID', { exact: true }));
    assert.match(await dialog.getByRole('group', { name: 'version before' }).textContent(), /"correlationId": "one"/);
    await dialog.getByRole('link', { name: 'All of this request' }).click();
    await gone(dialog);
    await until(() => table(page).getAttribute('aria-rowcount'), '2', 'the one change of that request');
});

test('filters are the address, and pages go on', async (scene) => {
    await visit(scene, 'ada', 'activity?size=50');
    const { page, portal } = scene;
    await button(page, 'Next').click();
    await until(() => new URL(page.url()).searchParams.has('after'), true, 'the next page');
    await shows(row(page, 'Account changed').first());
    await button(page, 'First').click();
    await page.getByLabel('Kind').selectOption('Account');
    await portal.address('activity?size=50&kind=account');
    await page.getByLabel('Account', { exact: true }).fill('willow');
    await portal.address('activity?size=50&kind=account&account=willow');
    await until(() => table(page).getAttribute('aria-rowcount'), '3');
    await button(page, 'Clear').click();
    await page.getByLabel('Name, number').fill('+441632960001');
    await until(() => table(page).getAttribute('aria-rowcount'), '3', 'the number came and went');
    await shows(row(page, 'Number deleted'));
    await page.getByLabel('Until').fill('2020-01-01T00:00');
    await shows(page.getByRole('heading', { name: 'No change matches' }));
    assert.match(page.url(), /until=20(19|20)-\d\d-\d\dT\d\d%3A\d\d%3A00Z/);
    await page.goBack();
});

test('the recent changes of the overview lead there', async (scene) => {
    await visit(scene, 'ada', '', 'Overview');
    const { page, portal } = scene;
    await page.getByRole('region', { name: 'Recent changes' }).getByRole('link', { name: '+441632960001' }).first().click();
    await portal.at('Activity');
    await until(() => table(page).getAttribute('aria-rowcount'), '3');
});

test('who is no administrator is told so, and finds no entry', async (scene) => {
    await visit(scene, 'dora');
    await shows(scene.page.getByRole('heading', { name: 'For administrators' }));
    assert.equal(await scene.page.getByRole('link', { name: 'Activity', exact: true }).count(), 0);
});
