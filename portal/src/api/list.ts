/* Pages of the contract's lists. A list has one order and goes forward only: a page is what comes after a key, and that key is all
 * an address holds. nextLink is followed here, within one page, when the server's budget for a scan made it short. */
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { andFilter, writeFilter } from '../base/filter';
import { api, take, type Account, type NumberResource, type Rfi } from './client';
import type { Page } from './pending';
import { send } from './send';

export interface Lists {
    accounts: Account;
    requests: Rfi;
    numbers: NumberResource;
}
export type ListName = keyof Lists;

/** What a list is ordered by. */
const KEYS = { accounts: 'name', requests: 'tenantId', numbers: 'telephoneNumber' } as const;

export const keyOf = <L extends ListName>(list: L, row: Lists[L]): string => (row as Record<string, unknown>)[KEYS[list]] as string;

export interface PageRequest {
    filter: string;
    size: number;
    /** The last key of the page before; '' for the first page. */
    after: string;
    /** Numbers only: of this account. */
    account?: string;
}
export interface ListPage<T> {
    rows: T[];
    /** `after` of the next page; undefined when this is the last. */
    next: string | undefined;
}

function filterOf(list: ListName, { filter, after }: PageRequest): string {
    return andFilter(filter, after === '' ? '' : writeFilter([{ field: KEYS[list], op: 'gt', value: after }]));
}

async function first(list: ListName, request: PageRequest, signal: AbortSignal): Promise<Page<unknown>> {
    const filter = filterOf(list, request);
    const query = { maxpagesize: request.size, ...(filter !== '' && { filter }) };
    if (list === 'accounts') return (await take(api.GET('/accounts', { params: { query }, signal }))).data;
    if (list === 'requests') return (await take(api.GET('/teamsRequestsForInformation', { params: { query }, signal }))).data;
    if (request.account === undefined) return (await take(api.GET('/numbers', { params: { query }, signal }))).data;
    const path = { accountName: request.account };
    return (await take(api.GET('/accounts/{accountName}/numbers', { params: { query, path }, signal }))).data;
}

/** nextLink names the server as clients outside know it; only its path and query are ours. */
export async function following(nextLink: string, signal: AbortSignal): Promise<Page<unknown>> {
    const { pathname, search } = new URL(nextLink, location.origin);
    const response = await send(new Request(location.origin + pathname + search, { signal }));
    return (await response.json()) as Page<unknown>;
}

export async function fetchPage<L extends ListName>(list: L, request: PageRequest, signal: AbortSignal): Promise<ListPage<Lists[L]>> {
    let page = await first(list, request, signal);
    const rows = page.value as Lists[L][];
    while (page.nextLink && rows.length < request.size) {
        page = await following(page.nextLink, signal);
        rows.push(...(page.value as Lists[L][]));
    }
    const shown = rows.slice(0, request.size);
    const more = page.nextLink !== undefined || rows.length > request.size;
    const last = shown.at(-1);
    return { rows: shown, next: more && last ? keyOf(list, last) : undefined };
}

/** How often what is still pending is asked for again. */
export const POLL_MS = 2000;
const unsettled = (row: { serviceProvisioningStatus?: string }) => row.serviceProvisioningStatus === 'pending';

/** One page; rows that are pending are followed until they are settled. */
export function useList<L extends ListName>(list: L, request: PageRequest): UseQueryResult<ListPage<Lists[L]>> {
    return useQuery({
        queryKey: [list, 'page', request],
        queryFn: ({ signal }) => fetchPage(list, request, signal),
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => (state.data?.rows.some(unsettled) ? POLL_MS : false),
    });
}

async function fetchCount(list: ListName, { filter, account }: PageRequest, signal: AbortSignal): Promise<number | undefined> {
    const query = { top: 1, countRecords: true, ...(filter !== '' && { filter }) };
    if (list === 'accounts') return (await take(api.GET('/accounts', { params: { query }, signal }))).records;
    if (list === 'requests') return (await take(api.GET('/teamsRequestsForInformation', { params: { query }, signal }))).records;
    if (account === undefined) return (await take(api.GET('/numbers', { params: { query }, signal }))).records;
    const path = { accountName: account };
    return (await take(api.GET('/accounts/{accountName}/numbers', { params: { query, path }, signal }))).records;
}

/** How many match, asked for only when the rows are there: a count may be a scan. */
export function useCount(list: ListName, request: PageRequest, rowsAreThere: boolean): UseQueryResult<number | undefined> {
    const { filter, account } = request;
    return useQuery({
        queryKey: [list, 'count', { filter, account }],
        queryFn: ({ signal }) => fetchCount(list, request, signal),
        enabled: rowsAreThere,
        staleTime: 30_000,
    });
}
