/* The audit as this page reads it: its filters, which are the address, its pages, and where a row's resource is. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { api, take } from '../../api/client';
import type { AuditRow } from '../../api/pending';
import { writeFilter } from '../../base/filter';

export const FILTERS = ['account', 'kind', 'key', 'requestId', 'since', 'until'] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = Partial<Record<FilterName, string>>;

/** The address of the rows that these filters find. */
export function activityHref(filters: Filters): string {
    const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
    return `/activity?${query}`;
}

/** The filters in the address, and what changes them; any change begins at the first page. Typing replaces, so that Back leads out. */
export function useFilters(): [Filters, (change: Filters) => void] {
    const [query, setQuery] = useSearchParams();
    const filters = useMemo(() => Object.fromEntries(FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : []))) as Filters, [query]);
    const change = useCallback((values: Filters) => setQuery((now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries({ ...values, after: '' })) {
            if (value) next.set(name, value);
            else next.delete(name);
        }
        return next;
    }, { replace: true }), [setQuery]);
    return [filters, change];
}

interface AuditPage {
    rows: AuditRow[];
    next: string | undefined;
}

/** One page; a scan that ended early is gone on with until the page is full. */
async function fetchAudit(filters: Filters, size: number, after: string, signal: AbortSignal): Promise<AuditPage> {
    const rows: AuditRow[] = [];
    let continuation = after;
    do {
        const query = { ...filters, maxpagesize: size - rows.length, ...(continuation !== '' && { continuation }) };
        const { data } = await take(api.GET('/numgate/v1/audit', { params: { query, path: {} }, signal }));
        rows.push(...data.value);
        continuation = data.nextLink ? (new URL(data.nextLink, location.origin).searchParams.get('continuation') ?? '') : '';
    } while (continuation !== '' && rows.length < size);
    return { rows, next: continuation || undefined };
}

export function useAudit(filters: Filters, size: number, after: string, enabled: boolean) {
    return useQuery({
        queryKey: ['audit', 'page', filters, size, after],
        queryFn: ({ signal }) => fetchAudit(filters, size, after, signal),
        enabled,
        placeholderData: keepPreviousData,
        refetchInterval: after === '' ? 15_000 : false,
    });
}

/** Where a resource is shown, if it is still there as far as this row knows. */
export function resourceHref({ kind, key, account, action }: AuditRow): string | null {
    if (action === 'delete') return null;
    if (kind === 'account') return `/accounts/${key}`;
    if (kind === 'requestForInformation') return `/requests/${key}`;
    if (kind === 'number' && account) return `/accounts/${account}/numbers?filter=${encodeURIComponent(writeFilter([{ field: 'telephoneNumber', op: 'eq', value: key }]))}`;
    return account ? `/accounts/${account}` : null;
}
