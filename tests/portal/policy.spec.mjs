// What the Content-Security-Policy keeps out, shown on the real portal with the header that numgated sends.
import { Portal } from './lib/portal.mjs';
import { assert, shows, test, until } from './lib/spec.mjs';

const signIn = (page) => page.getByRole('button', { name: 'Sign in', exact: true });
const REFUSED = /Content Security Policy|^policy: /;

/** The portal with something added to its document, as it would be by who could write into it; the header stays. */
async function openWith(page, portal, added) {
    await page.route(`${Portal.url}**`, async (route) => {
        if (route.request().resourceType() !== 'document') return route.continue();
        const response = await route.fetch({ maxRedirects: 0 });
        if (response.status() !== 200) return route.fulfill({ response });
        return route.fulfill({ response, body: (await response.text()).replace('</head>', `${added}</head>`) });
    });
    await portal.open();
    await shows(signIn(page));
}

const found = (watch, pattern) => until(() => watch.findings, (findings) => findings.some((each) => pattern.test(each)), `the finding ${pattern}`);
const touched = (page) => page.evaluate(() => document.documentElement.dataset.touched ?? getComputedStyle(document.body).getPropertyValue('--touched'));

test.caught('an inline script does not run', REFUSED, async ({ page, portal, watch }) => {
    await openWith(page, portal, '<script>document.documentElement.dataset.touched = "yes"</script>');
    assert.equal(await touched(page), '');
    await found(watch, /^policy: script-src-elem refused inline/);
});

test.caught('a style element with something in it does nothing', REFUSED, async ({ page, portal, watch }) => {
    await openWith(page, portal, '<style>body { --touched: yes }</style>');
    assert.equal(await touched(page), '');
    await found(watch, /^policy: style-src-elem refused inline/);
});

test.caught('a style element that a script fills does nothing', REFUSED, async ({ page, portal, watch }) => {
    await portal.open();
    await shows(signIn(page));
    await page.evaluate(() => {
        const style = document.createElement('style');
        style.textContent = 'body { --touched: yes }';
        document.head.append(style);
    });
    await found(watch, /^policy: style-src-elem refused inline/);
    assert.equal(await touched(page), '');
});

test.caught('innerHTML, and what else makes code of text, throws', /TrustedHTML|TrustedScript|trusted-types|^policy: /i, async ({ page, portal }) => {
    await portal.open();
    await shows(signIn(page));
    const thrown = await page.evaluate(() => {
        const attempts = {
            innerHTML: () => (document.createElement('div').innerHTML = '<b>x</b>'),
            insertAdjacentHTML: () => document.body.insertAdjacentHTML('beforeend', '<b>x</b>'),
            script: () => (document.createElement('script').text = 'x'),
            source: () => (document.createElement('script').src = 'https://elsewhere.invalid/x.js'),
            parser: () => new DOMParser().parseFromString('<b>x</b>', 'text/html'),
            policy: () => window.trustedTypes.createPolicy('mine', { createHTML: (text) => text }),
        };
        return Object.entries(attempts).filter(([, attempt]) => {
            try {
                attempt();
                return false;
            } catch (error) {
                return error instanceof TypeError;
            }
        }).map(([name]) => name);
    });
    assert.deepEqual(thrown, ['innerHTML', 'insertAdjacentHTML', 'script', 'source', 'parser', 'policy']);
});

test.caught('nothing can be asked of anybody else', REFUSED, async ({ page, portal, watch }) => {
    await portal.open();
    await shows(signIn(page));
    const outcome = await page.evaluate(() => fetch('https://elsewhere.invalid/').then(() => 'sent', () => 'refused'));
    assert.equal(outcome, 'refused');
    await found(watch, /^policy: connect-src refused/);
});

test('the document, and the files it is made of, are served as said', async ({ page, portal, context }) => {
    const answers = {};
    page.on('response', (response) => {
        const { origin, pathname } = new URL(response.url());
        if (origin === Portal.origin) answers[pathname] = response.headers();
    });
    await portal.open('accounts/none-such?x=1');
    await shows(signIn(page));
    const document_ = answers['/portal/accounts/none-such'];
    assert.equal(document_['cache-control'], 'no-cache');
    assert.equal(document_['cross-origin-opener-policy'], 'same-origin');
    assert.equal(document_['referrer-policy'], 'no-referrer');
    assert.match(document_['content-security-policy'], /^default-src 'none'; .*require-trusted-types-for 'script'; trusted-types 'none'/);
    const assets = Object.entries(answers).filter(([path]) => path.startsWith('/portal/assets/'));
    assert(assets.length > 1);
    for (const [path, headers] of assets) {
        assert.match(headers['cache-control'], /immutable/, path);
        assert.equal(headers['x-content-type-options'], 'nosniff', path);
        if (/\.(js|css)$/.test(path)) assert.equal(headers['content-encoding'], 'br', path);
    }
    const missing = await context.request.get(`${Portal.url}assets/none-12345678.js`);
    assert.equal(missing.status(), 404);
});
