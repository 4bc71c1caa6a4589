// What `./dev bench portal` does in the browser: one measured visit a test, which bench/browser.py asks for as often as it wants.
import { shows, test, until } from '../tests/portal/lib/spec.mjs';
import { Portal } from '../tests/portal/lib/portal.mjs';

let cookies; // of the issuer: whoever has them is signed in, and nothing of the portal is in the browser's cache

async function visitor(open) {
    const page = await open({ storageState: cookies });
    await page.addInitScript(() => {
        window.seen = { paint: 0, shift: 0 };
        new PerformanceObserver((list) => list.getEntries().forEach((each) => (window.seen.paint = each.startTime)))
            .observe({ type: 'largest-contentful-paint', buffered: true });
        new PerformanceObserver((list) => list.getEntries().forEach((each) => (window.seen.shift += each.hadRecentInput ? 0 : each.value)))
            .observe({ type: 'layout-shift', buffered: true });
    });
    return page;
}

test('sign in', async ({ page, portal, context }) => {
    await portal.signIn('ada');
    await until(() => page.url(), (url) => url.startsWith(Portal.url));
    cookies = await context.storageState();
});

/** {paint, shift, total} in ms: largest contentful paint and layout shift of the page that is shown in the end, and all from the address bar on,
 * the way to the issuer and back included. */
async function visit(open, path, ready) {
    const page = await visitor(open), begun = performance.now();
    await page.goto(Portal.url + path);
    await ready(page);
    await page.waitForLoadState('networkidle');
    const { seen, total } = await page.evaluate(() => ({ seen: window.seen, total: performance.timeOrigin + window.seen.paint }));
    return { page, figures: { ...seen, total: total - (performance.timeOrigin + begun) } };
}

/** A list has in the document what is in sight, and a little more. */
const rows = (page) => page.getByRole('row').nth(10);

test('overview', async ({ open }) => (await visit(open, '', (page) => shows(page.getByRole('heading', { level: 1 })))).figures);

test('numbers', async ({ open }) => (await visit(open, 'numbers', (page) => shows(rows(page)))).figures);

/** From the click to the frame in which the row is ticked, in ms. */
test('tick', async ({ open }) => {
    const { page } = await visit(open, 'numbers', (each) => shows(rows(each)));
    await page.evaluate(() => document.addEventListener('click', () => {
        const begun = performance.now();
        requestAnimationFrame(() => setTimeout(() => (window.ticked = performance.now() - begun)));
    }, { capture: true, once: true }));
    const box = page.getByRole('row').nth(10).getByRole('checkbox');
    await box.click();
    const ticked = await page.waitForFunction(() => window.ticked);
    await until(() => box.isChecked());
    return { tick: await ticked.jsonValue() };
}, { seconds: 60 });
