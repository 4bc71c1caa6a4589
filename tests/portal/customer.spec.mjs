// The first customer, from the request that an enterprise made to names that are served and numbers that are there.
import { axe } from './lib/look.mjs';
import { ALDER } from './lib/scene.mjs';
import { assert, shows, test, until } from './lib/spec.mjs';

export const stage = { backend: true, dns: true };

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });

/** Nobody presses anything: it comes by itself. */
const becomes = (page, text) => shows(page.locator('main').getByText(text, { exact: true }).first());

test('a request becomes a customer', async ({ page, portal, world, expect }) => {
    await portal.signIn('ada');
    await portal.at('Overview');
    await shows(page.getByText(/Alder Bakeries|new request/i).first());
    await portal.go('Requests for Information');
    await portal.at('Requests for Information');
    await link(page, ALDER).click();
    await portal.at('Alder Bakeries');

    await button(page, 'Update relationship status').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox').click();
    await page.getByRole('option', { name: 'Agreement signed' }).click();
    await dialog.getByLabel('Ticket ID').fill('T-17');
    await button(dialog, 'Update').click();
    await becomes(page, 'Agreement signed');
    await becomes(page, 'Synced');
    const request = await world.api('GET', `/teamsRequestsForInformation/${ALDER}?api-version=2024-02-29-preview`);
    assert.equal(request.customerRelationship.status, 'AgreementSigned');

    await link(page, 'Create account').click();
    await portal.at('Create account');
    await until(() => field(page, /^Account name/).inputValue(), 'alder-bakeries', 'the name');
    assert.equal(await field(page, 'Teams tenant ID').inputValue(), ALDER);
    await page.getByLabel('Enable Teams Direct Routing').check();
    await button(page, 'Create').click();
    await portal.at('alder-bakeries');
    await becomes(page, 'Synced');

    await field(page, 'Subdomain to offer').fill('not.one');
    expect(/status of 400/);
    await button(page, 'Write the text').click();
    await shows(page.getByText('Must be letters, digits, _ and - only'));
    await axe(page);
    await field(page, 'Subdomain to offer').fill('alder');
    await button(page, 'Write the text').click();
    await shows(page.getByText(/alder\.1r1\.example\.test/).first());
    await axe(page);

    await link(page, 'Manage account').click();
    await portal.at('Manage alder-bakeries');
    await field(page, 'Subdomain').fill('alder');
    await field(page, 'Subdomain token region 1').fill('MS=ms10000001');
    await field(page, 'Subdomain token region 2').fill('MS=ms10000002');
    await button(page, 'Save').click();
    await portal.at('alder-bakeries');
    await becomes(page, 'Provisioned');
    const records = await world.dns.records();
    assert(records.some(([name, type, , data]) => name === 'alder.1r1.example.test' && type === 'TXT' && data === 'MS=ms10000001'), JSON.stringify(records));
    await shows(page.getByText('The records are served: the customer can verify now.'));
    await shows(page.getByText('Synced').first());
}, { seconds: 90 });
