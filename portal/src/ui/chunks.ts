/* Pages, and parts of pages that appear on a click, are files of their own: fetched when they are opened and, the others, when the browser
 * has nothing to do, so that nobody waits for one. After an upgrade an
 * old page may ask for a file that is gone: then a bar offers a reload. Drafts are in sessionStorage, so nothing typed is lost. */
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { signal, type Signal } from '../base/signal';

export const newVersion: Signal<boolean> = signal(false);

/** The file of a page could not be fetched. */
export class ChunkError extends Error {
    constructor(cause: unknown) {
        super('This part of the portal could not be loaded.', { cause });
        this.name = 'ChunkError';
    }
}

export type PageProps = Record<string, string | undefined>;
type Loader = () => Promise<{ default: ComponentType<PageProps> }>;
type AnyLoader = () => Promise<unknown>;
const loaders: AnyLoader[] = [];

/** True when the server is there and its page names other files than this one was made of. */
async function upgraded(): Promise<boolean> {
    try {
        const html = await (await fetch('/portal/', { cache: 'no-cache', credentials: 'omit' })).text();
        const entry = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src');
        return entry != null && !html.includes(entry);
    } catch {
        return false;
    }
}

async function fetched<T>(load: () => Promise<T>): Promise<T> {
    try {
        return await load();
    } catch (error) {
        if (await upgraded()) newVersion.set(true);
        throw new ChunkError(error);
    }
}

export function page<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): LazyExoticComponent<ComponentType<PageProps>> {
    const loader = load as unknown as Loader;
    loaders.push(loader);
    return lazy(() => fetched(loader));
}

/** What a page shows only when it is asked for, such as a dialog: `const Remove = part(async () => (await import('./Remove')).Remove)`, within a
 * Suspense. The parts of a page that is open are fetched before other pages are. One that cannot be fetched takes the page with it, unless it is
 * `spare`: then there is nothing in its place, and the bar says why. */
export function part<Props extends object>(load: () => Promise<ComponentType<Props>>, spare?: 'spare'): LazyExoticComponent<ComponentType<Props>> {
    loaders.unshift(load);
    const nothing = (error: unknown): ComponentType<Props> => {
        if (spare) return () => null;
        throw error;
    };
    return lazy(async () => ({ default: await fetched(load).catch(nothing) }));
}

const idle = (run: () => void) => ('requestIdleCallback' in window ? requestIdleCallback(run, { timeout: 5000 }) : setTimeout(run, 500));

/** Fetches the remaining pages one after another; stops at the first that is not there. */
export function fetchRest(): void {
    const [next, ...rest] = loaders.splice(0);
    loaders.push(...rest);
    if (next) idle(() => void fetched(next).then(fetchRest, () => {}));
}
