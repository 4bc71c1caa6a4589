/* Light and dark: as the system has it, unless somebody chose. The choice is the one thing kept beyond the tab. */
import { webDarkTheme, webLightTheme, type Theme } from '@fluentui/react-components';
import { signal, type Signal } from '../base/signal';

export type Scheme = 'system' | 'light' | 'dark';

/** Fluent's own link colour has too little contrast in a row that is hovered (#3d3d3d); this has 4.75 there. */
const dark: Theme = { ...webDarkTheme, colorBrandForegroundLink: '#6cb0f6', colorBrandForegroundLinkHover: '#77b7f7', colorBrandForegroundLinkPressed: '#6cb0f6' };

const KEY = 'numgate.scheme';
const system = window.matchMedia('(prefers-color-scheme: dark)');

function stored(): Scheme {
    try {
        const text = window.localStorage.getItem(KEY);
        return text === 'light' || text === 'dark' ? text : 'system';
    } catch {
        return 'system';
    }
}

export const scheme: Signal<Scheme> = signal(stored());
export const themeName: Signal<'light' | 'dark'> = signal<'light' | 'dark'>('light');
export const themes: Record<'light' | 'dark', Theme> = { light: webLightTheme, dark };

function apply(): void {
    const chosen = scheme.get();
    const name = chosen === 'system' ? (system.matches ? 'dark' : 'light') : chosen;
    themeName.set(name);
    document.documentElement.dataset.theme = name;
}

export function chooseScheme(next: Scheme): void {
    try {
        if (next === 'system') window.localStorage.removeItem(KEY);
        else window.localStorage.setItem(KEY, next);
    } catch {
        /* holds for this page alone */
    }
    scheme.set(next);
    apply();
}

system.addEventListener('change', apply);
apply();
