/* What a delete of numbers would meet, as the server counts it. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { api, take } from './client';
import type { Consequences, JobRequest } from './pending';

/** Of the numbers of an account, of those that match, or both. `ask`: it is a scan, and wanted once the dialog is open. */
export function useConsequences(of: Pick<JobRequest, 'accountName' | 'filter'>, ask = true): UseQueryResult<Consequences> {
    return useQuery({
        queryKey: ['numbers', 'consequences', of],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/numbers:consequences', { params: { query: of, path: {} }, signal }))).data,
        enabled: ask,
        staleTime: 0,
    });
}
