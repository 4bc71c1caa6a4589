// Each page as it is seen: at rest in four ways, with forced colours, and once in every state that people bring about.
import { axe, forcedColours, fourWays, turn, WAYS } from './lib/look.mjs';
import { PAGES, visit } from './lib/pages.mjs';
import { assert, gone, rounds, shows, test, until } from './lib/spec.mjs';

export const stage = { backend: true, dns: true };

const button = (page, name) => page.getByRole('button', { name, exact: true });
const WIDE = ['light', 'dark'].map((colorScheme) => ({ colorScheme, width: 1280 }));

/** With the Tab key alone. */
async function reach(page, name, role = 'link') {
    const wanted = page.getByRole(role, { name, exact: true }).first();
    for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        if (await wanted.evaluate((each) => each === document.activeElement)) return;
    }
    assert.fail(`${name} cannot be reached`);
}

/** A state is looked at once, in the colours that are harder to get right; in all ways where there is time. */
const waysOf = ({ narrow }) => rounds([{ colorScheme: 'dark', width: narrow ? 320 : 1280 }], WAYS);

async function lookAt(scene, state) {
    const { page } = scene;
    await state.bring(scene);
    await fourWays(page, { ways: waysOf(state), what: state.what });
    await page.keyboard.press('Escape');
    await gone(page.getByRole('dialog').or(page.getByRole('alertdialog')));
    await state.leave?.(scene);
    await page.mouse.move(0, 0);
}

for (const row of PAGES) {
    const { title, name = title, states = [] } = row;
    test(`${name}, at rest${states.length ? ' and in its states' : ''}`, async (scene) => {
        await visit(scene, row);
        await fourWays(scene.page);
        await forcedColours(scene.page);
        for (const state of states) await lookAt(scene, state);
    }, { seconds: rounds(120, 300) });
}

test('the menu, and the navigation of a narrow window', async (scene) => {
    await visit(scene, { who: 'ada', path: 'accounts', title: 'Accounts' });
    const { page, portal } = scene;
    await portal.menu('ada').click();
    await shows(page.getByRole('menu'));
    await fourWays(page, { ways: WIDE });
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await until(() => page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'the dark theme');
    await page.keyboard.press('Escape');
    await turn(page, { colorScheme: 'light', width: 320 });
    await page.getByRole('button', { name: 'Open navigation' }).click();
    await shows(page.getByRole('link', { name: 'Overview' }));
    await axe(page, 'the navigation of a narrow window');
    await page.getByRole('link', { name: 'Overview' }).click();
    await portal.at('Overview');
});

test('the menu closes by Escape, by Tab and by a click beside it, and the page is as before', async (scene) => {
    await visit(scene, { who: 'ada', path: 'accounts', title: 'Accounts' });
    const { page, portal } = scene;
    const ways = [() => page.keyboard.press('Escape'), () => page.keyboard.press('Tab'), () => page.mouse.click(640, 780)];
    for (const leave of ways) {
        await portal.menu('ada').click();
        await shows(page.getByRole('menu'));
        await until(() => page.locator('[inert] main').count(), 1, 'nothing under the menu to be reached');
        await leave();
        await page.getByRole('menu').waitFor({ state: 'detached' });
        await until(() => page.locator('[inert]').count(), 0, 'the page back');
    }
    await reach(page, 'contoso');
});

test('everything can be reached and done with the keyboard', async (scene) => {
    await visit(scene, { who: 'ada', path: 'accounts', title: 'Accounts' });
    const { page, portal } = scene;
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await reach(page, 'contoso');
    await page.keyboard.press('Enter');
    await portal.at('contoso');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1'); // says where one is
    await reach(page, 'Delete account', 'button');
    await page.keyboard.press('Enter');
    await shows(page.getByRole('alertdialog'));
    assert(await page.getByRole('alertdialog').evaluate((each) => each.contains(document.activeElement)));
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await until(() => page.evaluate(() => document.activeElement.textContent), 'Delete account', 'the focus where it was');
});

test('motion is taken away from who wants none of it, and forced colours keep the marks', async (scene) => {
    await visit(scene, { who: 'rita', path: 'accounts', title: 'Accounts' });
    const { page } = scene;
    const moving = () => page.evaluate(() => document.getAnimations().filter((each) => each.playState === 'running' && each.effect.getTiming().duration > 100
        && each.effect.getTiming().iterations !== Infinity).length);
    await page.getByRole('button', { name: /, menu$/ }).click();
    assert.equal(await moving(), 0);
    await page.emulateMedia({ forcedColors: 'active' });
    await page.keyboard.press('Escape');
    await reach(page, 'contoso');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement, '::after').outlineStyle
        + getComputedStyle(document.activeElement).textDecorationLine);
    assert.match(outline, /solid|dotted|double|underline/);
    await page.emulateMedia({ forcedColors: 'none' });
});
