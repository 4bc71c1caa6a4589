/* What an account can choose from for its numbers in Operator Connect and Teams Phone Mobile: its addresses, and what is asked of the back end,
 * where it synchronizes with one. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { SYNCED, type SyncedKey } from '../base/settings';
import { api, take, type Account, type CivicAddress, type Schemas } from './client';
import { following } from './list';
import type { Page } from './pending';

export const ADDRESSES_MAX = 2000;
const ADDRESSES_PAGE = 500;
const NUMBERS_MAX = 100;
const KEEP = { retry: false, staleTime: 60_000 } as const;

export const syncs = (account: Account | undefined, key: SyncedKey): boolean => account?.serviceDetails?.[key]?.enabled === true && account.serviceDetails[key].syncEnabled;
const canBeAsked = (account: Account | undefined) => SYNCED.some((key) => syncs(account, key)) && account?.serviceDetails?.teamsTenantId !== undefined;

/** The usages that numbers of the account may have, each with its capabilities. */
export function usePlans(account: Account | undefined): UseQueryResult<Schemas['TeamsCapabilityPlan'][]> {
    const accountName = account?.name ?? '';
    return useQuery({
        queryKey: ['accounts', 'plans', accountName],
        queryFn: async ({ signal }) => (await take(api.POST('/accounts/{accountName}:getTeamsCapabilityPlans', { params: { path: { accountName } }, signal }))).data.capabilityPlans,
        enabled: canBeAsked(account), ...KEEP,
    });
}

/** The capabilities that all of these numbers could have. */
export function useAvailable(account: Account | undefined, numbers: readonly string[]): UseQueryResult<string[]> {
    const accountName = account?.name ?? '', few = numbers.length <= NUMBERS_MAX ? numbers : [];
    return useQuery({
        queryKey: ['accounts', 'available', accountName, few],
        queryFn: async ({ signal }) => {
            const body = { numbers: few.map((telephoneNumber) => ({ telephoneNumber })) };
            return (await take(api.POST('/accounts/{accountName}:getTeamsAvailableCapabilities', { params: { path: { accountName } }, body, signal }))).data.availableCapabilities;
        },
        enabled: few.length > 0 && canBeAsked(account), ...KEEP,
    });
}

async function fetchAddresses(accountName: string, signal: AbortSignal): Promise<CivicAddress[]> {
    const query = { maxpagesize: ADDRESSES_PAGE };
    let page: Page<CivicAddress> = (await take(api.GET('/accounts/{accountName}/teamsCivicAddresses', { params: { path: { accountName }, query }, signal }))).data;
    const addresses = page.value;
    while (page.nextLink && addresses.length < ADDRESSES_MAX) {
        page = (await following(page.nextLink, signal)) as Page<CivicAddress>;
        addresses.push(...page.value);
    }
    return addresses;
}

/** The enterprise's addresses, the first of them where there are thousands. */
export function useCivicAddresses(account: Account | undefined): UseQueryResult<CivicAddress[]> {
    const accountName = account?.name ?? '';
    return useQuery({
        queryKey: ['accounts', 'address-choices', accountName],
        queryFn: ({ signal }) => fetchAddresses(accountName, signal),
        enabled: account !== undefined, ...KEEP,
    });
}
