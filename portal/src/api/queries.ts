/* Single resources, and who is asking. A page uses these hooks or writes its own query beside its folder, with a key that begins
 * with the list's name ('accounts', 'requests', 'numbers', 'jobs', 'overview'): invalidating that name refreshes everything of it. */
import { QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { SignedOutError } from '../session';
import { api, take, type Account, type Answer, type NumberResource, type Rfi } from './client';
import { isAway } from './error';
import { POLL_MS } from './list';
import type { Deployment, Me } from './pending';

export const queryClient = new QueryClient({
    defaultOptions: {
        queries: {
            networkMode: 'always',
            staleTime: 5_000,
            refetchOnWindowFocus: true,
            retry: (failures, error) => !(error instanceof SignedOutError) && isAway(error) && failures < 1,
        },
        mutations: { networkMode: 'always', retry: false },
    },
});

/** Name, rights and limits as the server says them. */
export function useMe(): UseQueryResult<Me> {
    return useQuery({
        queryKey: ['me'],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/me', { params: {} as never, signal }))).data,
        staleTime: 5 * 60_000,
    });
}

const NO_RIGHTS = { read: false, write: false, delete: false, admin: false };

/** What the person may do; nothing while it is not known. */
export const useRights = (): Me['rights'] => useMe().data?.rights ?? NO_RIGHTS;

/** Services whose programme demands the API: they are shown, and cannot be changed here. */
export const useApiRequired = (): NonNullable<Me['apiRequired']> => useMe().data?.apiRequired ?? [];

export function useDeployment(): UseQueryResult<Deployment> {
    return useQuery({
        queryKey: ['deployment'],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/deployment', { params: {} as never, signal }))).data,
        staleTime: 5 * 60_000,
    });
}

/** Whether the gateway has such a thing: what is asked of one that is not there is an error. Undefined while it is not known; who cannot be told
 * has to ask. */
export function useConfigured(what: 'sync' | 'dns'): boolean | undefined {
    const { data, isError } = useQuery({
        queryKey: ['health'],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/overview', { params: {} as never, signal }))).data.health,
        staleTime: 5 * 60_000,
    });
    return data ? data[what] === 'configured' : isError || undefined;
}

const pending = ({ data }: Answer<{ serviceProvisioningStatus?: string }>) => data.serviceProvisioningStatus === 'pending';

/** An account with its ETag; followed while it is pending. */
export function useAccount(accountName: string, enabled = true): UseQueryResult<Answer<Account>> {
    return useQuery({
        queryKey: ['accounts', 'one', accountName],
        queryFn: ({ signal }) => take(api.GET('/accounts/{accountName}', { params: { path: { accountName } }, signal })),
        refetchInterval: ({ state }) => (state.data && pending(state.data) ? POLL_MS : false),
        enabled,
    });
}

export const numberKey = (accountName: string, telephoneNumber: string) => ['numbers', 'one', accountName, telephoneNumber];
export const fetchNumber = (accountName: string, telephoneNumber: string, signal?: AbortSignal): Promise<Answer<NumberResource>> =>
    take(api.GET('/accounts/{accountName}/numbers/{telephoneNumber}', { params: { path: { accountName, telephoneNumber } }, ...(signal && { signal }) }));

/** A number with its ETag; followed while it is pending. */
export function useNumber(accountName: string, telephoneNumber: string, enabled = true): UseQueryResult<Answer<NumberResource>> {
    return useQuery({
        queryKey: numberKey(accountName, telephoneNumber),
        queryFn: ({ signal }) => fetchNumber(accountName, telephoneNumber, signal),
        refetchInterval: ({ state }) => (state.data && pending(state.data) ? POLL_MS : false),
        enabled,
    });
}

export function useRfi(tenantId: string): UseQueryResult<Answer<Rfi>> {
    return useQuery({
        queryKey: ['requests', 'one', tenantId],
        queryFn: ({ signal }) => take(api.GET('/teamsRequestsForInformation/{tenantId}', { params: { path: { tenantId } }, signal })),
        refetchInterval: ({ state }) => (state.data && pending(state.data) ? POLL_MS : false),
    });
}
