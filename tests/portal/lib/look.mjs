// How a page looks to people: to axe-core, in the dark, on a phone, with forced colours.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
// The sentinels of Fluent's focus manager: hidden from assistive technology, and never where focus stays.
const EXCLUDED = [['[data-tabster-dummy]']];

/** In an order in which the width changes once: other colours are quicker than another layout. */
export const WAYS = [['light', 1280], ['dark', 1280], ['dark', 320], ['light', 320]].map(([colorScheme, width]) => ({ colorScheme, width }));

/** No id is there twice: WCAG 2.2 asks for that no more, and whoever clicks on a label that has another's id does. */
async function idsAreUnique(page, where) {
    const twice = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, at, ids) => ids.indexOf(id) !== at));
    assert.deepEqual(twice, [], `ids that are there twice at ${where}`);
}

/** axe-core finds nothing of WCAG 2.2 AA; `within`: in what this selector finds, such as something that lies above the page. */
export async function axe(page, where = page.url(), within = 'html') {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
    const violations = await page.evaluate(async ([tags, include, exclude]) => {
        const { violations: found } = await window.axe.run({ include, exclude }, { runOnly: tags, resultTypes: ['violations'] });
        return found.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map((node) => [node.target.join(' '), node.failureSummary]) }));
    }, [TAGS, within, EXCLUDED]);
    assert.equal(violations.length, 0, `axe-core at ${where}:\n${violations.map(told).join('\n')}`);
    await idsAreUnique(page, where);
}

function told({ id, impact, help, nodes }) {
    const places = nodes.slice(0, 5).map(([target, summary]) => `    ${target}\n      ${summary.replaceAll('\n', '\n      ')}`);
    return `  ${id} (${impact}): ${help}, ${nodes.length} times\n${places.join('\n')}`;
}

/** WCAG 1.4.10: the page is never wider than the window. Names what sticks out. */
export async function noSidewaysScrolling(page, where = page.url()) {
    const { wide, over } = await page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        const out = [...document.body.querySelectorAll('*')].filter((each) => each.getBoundingClientRect().right > width + 1 && getComputedStyle(each).position !== 'fixed');
        const text = (each) => `${each.tagName.toLowerCase()} "${each.textContent.slice(0, 40)}" to ${Math.round(each.getBoundingClientRect().right)}`;
        return { over: document.documentElement.scrollWidth - width, wide: out.slice(0, 6).map(text) };
    });
    assert(over <= 0, `${where} is ${over} px wider than the window: ${wide.join('; ')}`);
}

/** Sets the window's width and the colours; `height` is enough for a screenful. */
export async function turn(page, { colorScheme, width }) {
    await page.setViewportSize({ width, height: width < 600 ? 640 : 800 });
    await page.emulateMedia({ colorScheme });
    await still(page);
}

/** Nothing fades or moves any more. What goes round for ever does not count. */
export async function still(page) {
    await page.evaluate(async () => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const moving = () => document.getAnimations().filter((each) => each.playState === 'running' && each.effect.getComputedTiming().endTime !== Infinity);
        for (let quiet = 0; quiet < 2; quiet = moving().length ? 0 : quiet + 1) await frame();
    });
}

/** Each of the four ways in turn: no sideways scrolling, nothing for axe-core, and what `also` looks at. Ends as it began. */
export async function fourWays(page, { ways = WAYS, within, what = '', also = async () => {} } = {}) {
    for (const way of ways) {
        await turn(page, way);
        const where = `${page.url()} ${what} ${way.colorScheme} ${way.width}`;
        await noSidewaysScrolling(page, where);
        await also(page, way);
        await axe(page, where, within);
    }
    await turn(page, WAYS[0]);
}

/** With the colours of the system, as people who need a high contrast set them: still nothing that sticks out, and nothing logged. */
export async function forcedColours(page, also = async () => {}) {
    await page.emulateMedia({ forcedColors: 'active' });
    await noSidewaysScrolling(page);
    await also(page);
    await page.emulateMedia({ forcedColors: 'none' });
}
