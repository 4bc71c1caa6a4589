import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

export const SIZES = [50, 100, 200] as const;
const SIZE = 100;

/** The state of a list view, all of it in the address: `filter`, `size`, `after`. A new filter or size begins at the first page. */
export interface View {
    filter: string;
    size: number;
    after: string;
    setFilter: (filter: string) => void;
    setSize: (size: number) => void;
    setAfter: (after: string) => void;
}

export function useView(): View {
    const [query, setQuery] = useSearchParams();
    const size = Number(query.get('size'));
    const change = useCallback(
        (values: Record<string, string>, replace = false) =>
            setQuery((now) => {
                const next = new URLSearchParams(now);
                for (const [name, value] of Object.entries(values)) {
                    if (value === '') next.delete(name);
                    else next.set(name, value);
                }
                return next;
            }, { replace }),
        [setQuery],
    );
    const filter = query.get('filter') ?? '';
    const after = query.get('after') ?? '';
    return useMemo(
        () => ({
            filter,
            after,
            size: (SIZES as readonly number[]).includes(size) ? size : SIZE,
            setFilter: (next) => next !== filter && change({ filter: next, after: '' }, filter !== '' && next !== ''),
            setSize: (next) => change({ size: next === SIZE ? '' : String(next), after: '' }),
            setAfter: (next) => change({ after: next }),
        }),
        [filter, after, size, change],
    );
}
