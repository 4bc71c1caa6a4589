// Every page of the portal that can be opened by its address, once: who looks at it, the name of its picture in docs/portal/, if it has one, and
// the states that people bring about on it, one after the other. A state is {what, bring, leave, narrow}: `bring` brings it about; what Escape and
// a pointer that goes away do not undo, `leave` does; `narrow` is looked at in a narrow window. `refused`: how what the page asks for is answered.
// `posed`: what its picture shows, if not the page as it opens.
import { ALDER, furnish } from './scene.mjs';
import { shows } from './spec.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
/** Of the table: its first row is its head. */
const row = (page, n) => page.getByRole('table').first().getByRole('row').nth(n);

/** With the keyboard, so that it is seen to have it. */
async function focus(page, locator) {
    await locator.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
}

const hovered = { what: 'a row that the pointer is on', bring: ({ page }) => row(page, 2).hover() };
const focused = (role = 'link', name) => ({ what: 'a row with the focus', bring: ({ page }) => focus(page, row(page, 2).getByRole(role, name && { name }).first()) });
/** Two of them: one alone has a page of its own. */
const tick = async ({ page }) => { for (const n of [2, 3]) await row(page, n).getByRole('checkbox').check(); };
const ticked = { what: 'a row that is chosen', bring: ({ page }) => row(page, 2).getByRole('checkbox').check(), leave: ({ page }) => button(page, 'Clear selection').click() };

/** A dialog that a button opens, and what is done in it. */
const opens = (what, name, then = async () => {}) => ({
    what, narrow: true,
    async bring({ page }) {
        await page.getByRole('button', { name, exact: typeof name === 'string' }).first().click();
        await shows(dialog(page));
        await then(dialog(page));
    },
});
/** The same, of what is chosen. */
function withChosen(what, name, then) {
    const opened = opens(what, name, then);
    return { ...ticked, ...opened, bring: async (scene) => { await tick(scene); await opened.bring(scene); } };
}

/** The same page by an address that cannot be answered well. */
const elsewhere = (what, path, until, status) => ({
    what,
    async bring({ page, portal, expect }) {
        if (status) expect(new RegExp(`status of ${status}`));
        await portal.open(path);
        await shows(until(page));
    },
});
const alert = (page) => page.getByRole('alert').first();
const heading = (name) => (page) => page.getByRole('heading', { name });

const consequences = (box) => shows(box.getByRole('listitem').first());
const badHeader = async (box) => {
    await box.getByLabel('Custom SIP header').selectOption('set');
    await box.getByLabel('Custom SIP header: new value').fill('no blanks');
    await shows(box.getByText('1 to 100 letters').first());
};
const lookUp = async ({ page }) => {
    await page.getByRole('textbox', { name: 'Numbers' }).fill('+441632960000\n+44 1134 960000\n+44 1134 960001\nnonsense\n+442079460999');
    await page.getByRole('button', { name: /^Look up / }).click();
    await shows(page.getByRole('table'));
};

export const PAGES = [
    { who: 'ada', path: '', title: 'Overview', picture: 'overview' },
    { who: 'ada', path: 'requests', title: 'Requests for Information', picture: 'requests', states: [hovered, focused()] },
    {
        who: 'ada', path: `requests/${ALDER}`, title: 'Alder Bakeries', picture: 'request',
        states: [opens('a relationship, and what is missing', 'Update relationship status', async (box) => {
            await button(box, 'Update').click();
            await shows(box.getByText('Choose how far you have come.'));
        })],
    },
    {
        who: 'ada', path: 'accounts', title: 'Accounts', picture: 'accounts',
        states: [hovered, focused(), elsewhere('no row', 'accounts?filter=name%20eq%20%27nobody%27', heading('No account matches')), elsewhere('what cannot be read', 'accounts?filter=nonsense%20here', alert, 400)],
    },
    {
        who: 'ada', path: 'accounts/contoso', title: 'contoso', picture: 'account',
        states: [opens('a deletion', 'Delete account', async (box) => { await consequences(box); await box.getByRole('textbox').fill('contoso'); })],
    },
    { who: 'ada', path: 'accounts/birch-logistics', title: 'birch-logistics' },
    { who: 'ada', path: 'accounts/tailspin', title: 'tailspin' },
    { who: 'will', path: 'accounts/contoso/edit', title: 'Manage contoso', picture: 'manage-account' },
    {
        who: 'will', path: 'create-account', title: 'Create account', picture: 'create-account',
        states: [{ what: 'what is wrong, said in the form', bring: async ({ page }) => {
            await page.getByLabel('Enable Teams Direct Routing').check();
            await page.getByLabel('Subdomain', { exact: true }).fill('not a label');
            await button(page, 'Create').click();
            await shows(page.getByText('Give the account a name.'));
        } }],
    },
    {
        who: 'ada', path: 'lookup', title: 'Look up', picture: 'lookup', posed: lookUp,
        states: [
            { what: 'an answer', bring: lookUp }, hovered, focused(), opens('a change of what was found', 'Change found', badHeader), opens('a deletion of what was found', 'Delete found', consequences),
        ],
    },
    { who: 'ada', path: 'activity', title: 'Activity', picture: 'activity', states: [hovered, focused(), opens('what changed', /^Details of /)] },
    {
        who: 'ada', path: 'numbers', title: 'Numbers', picture: 'numbers',
        states: [
            hovered, focused('checkbox'), ticked, withChosen('a change, and what is wrong with it', 'Manage', badHeader), withChosen('a deletion', 'Delete numbers', consequences),
            elsewhere('no row', 'numbers?filter=accountName%20eq%20%27nobody%27', heading('No number matches')), elsewhere('what cannot be read', 'numbers?filter=nonsense%20here', alert, 400),
        ],
    },
    { who: 'ada', path: 'accounts/contoso/numbers', title: 'Numbers of contoso' },
    { who: 'will', path: 'accounts/birch-logistics/numbers/+441134960005', title: '+441134960005', picture: 'number' },
    { who: 'ada', path: 'accounts/tailspin/numbers/+441214960000', title: '+441214960000', refused: 404 }, // the back end knows no such tenant
    { who: 'rita', path: 'accounts/birch-logistics/numbers/+441134960000', title: '+441134960000' },
    {
        who: 'ada', path: 'blocks', title: 'Blocks of numbers', picture: 'blocks',
        states: [
            hovered, focused('button', /^Delete /), opens('a change, and what is wrong with it', /^Manage /, badHeader), opens('a deletion', /^Delete \+/, consequences),
            elsewhere('what cannot be read', 'blocks?accountName=no%20name', alert, 400),
        ],
    },
    {
        who: 'will', path: 'accounts/contoso/create-numbers', title: 'Create numbers', picture: 'create-numbers',
        states: [
            { what: 'what is wrong, said in the form', narrow: true, bring: async ({ page }) => {
                await page.getByLabel('Custom SIP header').fill('no blanks');
                await button(page, 'Preview').click();
                await shows(page.getByText('Enter one number at least.'));
            } },
            { what: 'a file', bring: async ({ page }) => {
                await page.getByLabel('From a file').check();
                await page.locator('input[type=file]').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from('Numbers\n+441632960999\n') });
                await shows(page.getByText('22 bytes'));
            } },
        ],
    },
    { who: 'ada', path: 'accounts/birch-logistics/create-numbers', title: 'Create numbers', name: 'Create numbers, with a back end' },
    { who: 'ada', path: 'jobs', title: 'Jobs', picture: 'jobs', states: [hovered, focused()] },
    {
        who: 'ada', path: ({ refused }) => `jobs/${refused}`, title: 'Create or replace 12 numbers of northwind', picture: 'job',
        states: [
            { what: 'all rows, with the pointer on one', bring: async (scene) => { await scene.page.getByRole('tab', { name: /^All/ }).click(); await hovered.bring(scene); } }, focused(),
            elsewhere('a job that is not there', 'jobs/00000000-0000-4000-8000-000000000000', alert, 404),
        ],
    },
    { who: 'rita', path: 'no-such-page', title: 'Page not found' },
];

let made; // by furnishing

/** Signs in and waits for the page, in a gateway with some life in it. */
export async function visit({ portal, world, expect }, { who, path, title, refused }) {
    made ??= await furnish(world);
    if (refused) expect(new RegExp(`status of ${refused}`));
    await portal.signIn(who, typeof path === 'function' ? path(made) : path);
    await portal.at(title);
}
