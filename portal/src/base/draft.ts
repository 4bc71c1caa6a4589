/* What somebody has typed and not sent, kept in sessionStorage so that a reload, a sign-in by redirect or a crash does not lose it.
 * Belongs to the tab; gone with it, and at sign-out. Never holds a token. Without storage everything works, drafts apart. */

const PREFIX = 'numgate.draft.';

export function readDraft<T>(key: string): T | null {
    try {
        const text = sessionStorage.getItem(PREFIX + key);
        return text === null ? null : (JSON.parse(text) as T);
    } catch {
        return null;
    }
}

export function writeDraft(key: string, value: unknown): void {
    try {
        sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
        /* full or forbidden: the draft lives in memory alone */
    }
}

export function dropDraft(key: string): void {
    try {
        sessionStorage.removeItem(PREFIX + key);
    } catch {
        /* nothing was kept */
    }
}

export function dropAllDrafts(): void {
    try {
        for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    } catch {
        /* nothing was kept */
    }
}
