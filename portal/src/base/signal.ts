/* A value that can be watched: what React's useSyncExternalStore wants, and nothing more. */

export interface Signal<T> {
    get(): T;
    set(value: T): void;
    subscribe(listener: () => void): () => void;
}

export function signal<T>(value: T): Signal<T> {
    const listeners = new Set<() => void>();
    return {
        get: () => value,
        set(next) {
            if (Object.is(next, value)) return;
            value = next;
            for (const listener of [...listeners]) listener();
        },
        subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
    };
}
