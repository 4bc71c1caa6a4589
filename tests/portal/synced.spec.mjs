// Numbers that a back end has: what is said before they are deleted, what is refused, and what people may no longer do once a programme is launched.
import { fourWays } from './lib/look.mjs';
import { ALDER, assign, BIRCH, synced } from './lib/scene.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

export const stage = { backend: true };

const API = 'api-version=2024-02-29-preview';
const OC = 'teamsOperatorConnect';
const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const LAUNCHED = 'Operator Connect is launched.';

let furnished = false;

/** birch has ten numbers in the back end, of which two are somebody's. */
async function furnish(world) {
    if (furnished) return;
    await until(async () => (await world.request('GET', `/teamsRequestsForInformation/${BIRCH}?${API}`)).status, 200, 'the requests');
    await world.putAccount('birch', [OC], synced(BIRCH));
    await world.putNumbers('birch', '+441134970000', 10, { services: [OC] });
    await until(async () => (await world.number('birch', '+441134970009')).serviceProvisioningStatus, 'synced', 'a synced number');
    for (const n of [3, 4]) await assign(world, 'birch', `+44113497000${n}`);
    furnished = true;
}

test('what is assigned and what is released is said before a block is deleted, and the rows tell what was refused', async ({ page, portal, world }) => {
    await furnish(world);
    await portal.signIn('dora', 'blocks?accountName=birch');
    await portal.at('Blocks of birch');
    await button(page, 'Delete +441134970000–0009').click();
    await shows(dialog(page).getByText('10 numbers of birch.'));
    await shows(dialog(page).getByText('8 numbers are released in Operator Connect.'));
    await shows(dialog(page).getByText('2 numbers are assigned in Teams, and refused until the customer has unassigned them.'));
    await button(page, 'Preview deletion').click();
    await shows(page.getByRole('tab', { name: 'Refused (2)', selected: true }));
    await shows(page.getByRole('tab', { name: 'Delete (8)' }));
    await shows(page.getByRole('row', { name: /\+441134970003 .*NumberAssigned/ }));
    await button(page, 'Apply').click();
    await shows(dialog(page).getByText('2 will not be touched, because they were refused.'));
    await button(dialog(page), 'Apply').click();
    await shows(page.getByRole('tab', { name: 'Applied (8)' }));
    await portal.open('accounts/birch/numbers');
    await shows(page.getByText('2 of 2 numbers'));
    await page.getByLabel('Select +441134970003').check();
    await button(page, 'Delete numbers').click();
    await shows(dialog(page).getByText('1 number is assigned in Teams, and refused until the customer has unassigned it.'));
});

test('assigned and unassigned numbers are found', async ({ page, portal, world }) => {
    await furnish(world);
    await portal.signIn('rita', 'accounts/birch/numbers');
    await portal.at('Numbers of birch');
    await page.getByLabel('Assigned').selectOption('Unassigned in Operator Connect');
    await portal.address((path) => path.includes('unassigned'));
    await shows(page.getByRole('heading', { name: 'No number matches' }).or(page.getByRole('row', { name: /Unassigned/ }).first()));
    await page.getByLabel('Assigned').selectOption('Assigned in Operator Connect');
    await shows(page.getByText('2 of 2 numbers'));
});

test('what a launched programme demands of the API is said up front, and nothing of it is offered', async ({ page, portal, world }) => {
    await furnish(world);
    await world.daemon.configure('[operator_connect]\nlaunched = yes');
    await portal.signIn('ada', `requests/${ALDER}`);
    await portal.at('Alder Bakeries');
    await shows(page.getByText(LAUNCHED));
    assert(await button(page, 'Update relationship status').count() === 0 || await button(page, 'Update relationship status').isDisabled());
    await portal.go('Accounts');
    await link(page, 'birch').click();
    await portal.at('birch');
    await shows(page.getByText(LAUNCHED));
    await link(page, 'Manage account').click();
    await portal.at('Manage birch');
    await shows(page.getByText(LAUNCHED));
    assert(await page.getByLabel('Enable Operator Connect').isDisabled());
    assert(await page.getByLabel('Sync Operator Connect with backend service').isDisabled());
    assert(await page.getByLabel('Enable Azure Operator Call Protection').isEnabled()); // what is no part of it
    await portal.open('accounts/birch/create-numbers');
    await portal.at('Create numbers');
    assert(await page.getByLabel('Operator Connect', { exact: true }).isDisabled());
    await shows(page.getByText('Launched: changes come through the API.').first());
    await portal.open('accounts/birch/numbers');
    await portal.at('Numbers of birch');
    await shows(page.getByText(LAUNCHED));
    for (const n of [3, 4]) await page.getByLabel(`Select +44113497000${n}`).check();
    await button(page, 'Manage').click();
    assert(await dialog(page).getByLabel('Operator Connect', { exact: true }).isDisabled());
    await page.keyboard.press('Escape');
    await gone(dialog(page));
    await portal.open('blocks?accountName=birch');
    await shows(page.getByText(LAUNCHED));
    await page.getByRole('button', { name: /^Delete / }).first().click();
    await shows(dialog(page).getByText(/Operator Connect, which is launched: they are refused here, and deleted through the API/));
    await fourWays(page, { ways: [{ colorScheme: 'dark', width: 320 }] });
    await button(page, 'Preview deletion').click();
    await shows(page.getByRole('tab', { name: 'Refused (2)' }));
    await shows(page.getByRole('cell', { name: /ApiRequiredAfterLaunch/ }).first());
});
