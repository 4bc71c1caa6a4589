import { useConsequences } from '../api/consequences';
import type { JobRequest } from '../api/pending';
import type { NumberSet } from './ActOnNumbers';

/** All numbers of an account, or that match a filter, as a set to act on. What deleting them would meet is looked up while `ask`; `known` is
 * how many there were when last counted. */
export function useMatchingSet(ask: boolean, choice: Pick<JobRequest, 'accountName' | 'filter'>, whose: string, known: number | undefined): NumberSet {
    const { data, isError } = useConsequences(choice, ask);
    return {
        count: data?.count ?? known ?? 0,
        atLeast: data?.truncated === true,
        whose,
        account: choice.accountName,
        choice,
        assigned: data?.assigned ?? (isError ? null : undefined),
        released: data?.syncedServices,
    };
}
