// The pictures in docs/portal/: a test for each page, which returns {light, dark} as base64.
import { turn } from './lib/look.mjs';
import { PAGES, visit } from './lib/pages.mjs';
import { test } from './lib/spec.mjs';

export const stage = { backend: true, dns: true };

for (const { who, path, title, picture, posed } of PAGES.filter((each) => each.picture)) {
    test(picture, async (scene) => {
        await visit(scene, { who, path, title });
        await posed?.(scene);
        await scene.page.waitForLoadState('networkidle');
        const shown = {};
        for (const colorScheme of ['light', 'dark']) {
            await turn(scene.page, { colorScheme, width: 1100 });
            shown[colorScheme] = (await scene.page.screenshot({ animations: 'disabled' })).toString('base64');
        }
        return shown;
    }, { seconds: 120 });
}
