// Look up: what somebody pasted, whose numbers these are, and what is done with those that were found.
import { readFileSync } from 'node:fs';
import { axe, turn } from './lib/look.mjs';
import { assert, gone, shows, test, until } from './lib/spec.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const box = (page) => page.getByRole('textbox', { name: 'Numbers' });
const table = (page) => page.getByRole('table', { name: 'Numbers that were looked up' });
const MIXED = '0044 1632 960000; tel:+44-(0)1632-960001\nnonsense\n+44 1632 960002\t+441632960002, +44 20 7946 0999';

let furnished = false;

async function visit({ portal, world, context }, who, path = 'lookup') {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    if (!furnished) {
        await world.putAccount('paper', ['zoomPhoneCloudPeering', 'azureOperatorCallProtection']);
        await world.putNumbers('paper', '+441632960000', 10);
        await world.putAccount('glue');
        await world.putNumbers('glue', '+442079460000', 2, { header: 'desk' });
    }
    furnished = true;
    await portal.signIn(who, path);
    await portal.at('Look up');
}

/** As from a mail. */
async function paste(page, text) {
    await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    await box(page).focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+V');
}

async function lookUp(page, text) {
    await paste(page, text);
    await page.getByRole('button', { name: /^Look up / }).click();
    await shows(table(page));
}

test('numbers in any format are looked up, and told apart', async (scene) => {
    await visit(scene, 'rita');
    const { page, portal } = scene;
    await lookUp(page, MIXED);
    for (const chip of ['All 6', 'Found 3', 'Unknown 1', 'Invalid 1', 'Repeated 1']) await shows(button(page, chip));
    const first = table(page).getByRole('row').nth(1);
    await shows(first.getByText('+441632960000'));
    await shows(first.getByRole('link', { name: 'paper' }));
    await shows(first.getByText('Synced'));
    await button(page, 'Unknown 1').click();
    await until(() => table(page).getAttribute('aria-rowcount'), '2', 'one row and its head');
    await portal.address('lookup?verdict=unknown');
    await shows(table(page).getByText('+442079460999'));
    assert.equal(await button(page, 'Change found').count() + await button(page, 'Delete found').count(), 0); // rita only reads
    await page.reload();
    await button(page, 'Sign in').or(button(page, 'Unknown 1')).first().waitFor();
    await until(() => box(page).inputValue().catch(() => ''), MIXED, 'the draft');
    await shows(button(page, 'Unknown 1'));
    await button(page, 'Clear').press('Enter');
    await gone(table(page));
    assert.equal(await box(page).inputValue(), '');
    assert(await box(page).evaluate((each) => each === document.activeElement), 'the focus is where one pastes again');
});

test('the rows are taken along as CSV', async (scene) => {
    await visit(scene, 'rita');
    const { page } = scene;
    await lookUp(page, '+441632960000\n=1+1');
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download CSV').click()]);
    assert.equal(download.suggestedFilename(), 'numbers.csv');
    const text = readFileSync(await download.path(), 'utf8');
    assert.match(text, /^input,telephoneNumber,verdict,.*\r\n\+441632960000,\+441632960000,found,paper,Zoom Phone Cloud Peering,/);
    assert.match(text, /\r\n'=1\+1,,invalid,/); // not a formula
    await button(page, 'Copy as CSV').click();
    await until(() => page.evaluate(() => navigator.clipboard.readText()).then((copied) => copied.replaceAll('\r\n', '\n')), text.replaceAll('\r\n', '\n'), 'the clipboard');
});

test('ten thousand at once, and not one more', async (scene) => {
    await visit(scene, 'rita');
    const { page } = scene;
    const many = Array.from({ length: 10_001 }, (_, n) => `+4420${String(70_000_000 + n)}`);
    await paste(page, many.join('\n'));
    await shows(page.getByText('These are 10,001; at most 10,000 can be looked up at once.'));
    await turn(page, { colorScheme: 'dark', width: 1280 });
    await axe(page, 'what is wrong with what was pasted');
    assert(await page.getByRole('button', { name: /^Look up / }).isDisabled());
    await lookUp(page, many.slice(0, 10_000).join('\n'));
    await shows(button(page, 'Unknown 10,000'));
    await until(() => table(page).getAttribute('aria-rowcount'), '10001');
    assert(await table(page).getByRole('row').count() < 100, 'only what is seen is in the page');
});

/** The job whose page is open, once it knows its rows. */
const previewed = (world, page) => until(() => world.api('GET', `/numgate/v1/jobs/${page.url().split('/').at(-1)}`), ({ state }) => state !== 'previewing', 'a preview');

test('those that were found are changed and deleted by a job, which is previewed', async (scene) => {
    await visit(scene, 'dora');
    const { page, world } = scene;
    await lookUp(page, '+442079460000\n+442079460001\n+442079460009');
    await button(page, 'Change found').click();
    const dialog = page.getByRole('dialog');
    await shows(dialog.getByText('2 numbers of glue.'));
    assert(await button(dialog, 'Preview change').isDisabled());
    await dialog.getByLabel('Custom SIP header').selectOption('Set to');
    await dialog.getByLabel('Custom SIP header: new value').fill('front');
    await button(dialog, 'Preview change').click();
    await page.waitForURL(/\/jobs\/[^/]+$/);
    const change = await previewed(world, page);
    assert.deepEqual([change.kind, change.rows], ['change', 2]);
    await page.goBack();
    await shows(table(page)); // as it was left
    await button(page, 'Delete found').click();
    await button(page.getByRole('dialog'), 'Preview deletion').click();
    await page.waitForURL((url) => /\/jobs\/[^/]+$/.test(url.pathname) && !url.pathname.endsWith(change.id));
    const remove = await previewed(world, page);
    assert.deepEqual([remove.kind, remove.rows], ['delete', 2]);
    assert.equal((await world.number('glue', '+442079460000')).configuration.customSipHeader, 'desk'); // nothing was applied
});
