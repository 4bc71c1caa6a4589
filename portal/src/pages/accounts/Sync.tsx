/* How the synchronization of an account is: what waits, what failed and why, and, for Admin users, the way to move it. */
import { Button, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, take, type Schemas } from '../../api/client';
import { POLL_MS } from '../../api/list';
import { queryClient, useRights } from '../../api/queries';
import { serviceName } from '../../base/services';
import { count } from '../../base/text';
import { ErrorState, Facts, Loading, Section, Time, useStart, useToast } from '../../ui';

type SyncAccount = Schemas['Numgate.Sync.Account'];

const total = (part: SyncAccount['pending']) => part?.count ?? 0;
const moving = (sync: SyncAccount) => total(sync.pending) > 0 || total(sync.leaving) > 0 || sync.lastError !== undefined;
/** Counting stops somewhere; then it is "at least". */
const shown = (part: SyncAccount['pending']) => `${count(total(part))}${part?.truncated ? ' or more' : ''}`;

function useSync(accountName: string) {
    return useQuery({
        queryKey: ['accounts', 'sync', accountName],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/sync/accounts/{accountName}', { params: { path: { accountName } }, signal }))).data,
        refetchInterval: ({ state }) => (state.data && moving(state.data) ? 2 * POLL_MS : false),
    });
}

function Controls({ accountName, paused }: { accountName: string; paused: boolean }) {
    const toast = useToast();
    const params = { params: { path: { accountName } } };
    const control = useMutation({
        mutationFn: async (what: 'retry' | 'pause' | 'resume') => {
            if (what === 'retry') await api.POST('/numgate/v1/sync/accounts/{accountName}:retry', params);
            if (what === 'pause') await api.POST('/numgate/v1/sync/accounts/{accountName}:pause', params);
            if (what === 'resume') await api.POST('/numgate/v1/sync/accounts/{accountName}:resume', params);
        },
        onSuccess: (_, what) => {
            toast({ retry: 'Trying again now', pause: 'Synchronization paused', resume: 'Synchronization goes on' }[what]);
            void queryClient.invalidateQueries({ queryKey: ['accounts'] });
        },
        onError: (error) => toast('It could not be done', error.message, 'error'),
    });
    const start = useStart(control);
    return (
        <>
            <Button size="small" disabledFocusable={control.isPending} onClick={() => start('retry')}>Try again now</Button>
            <Button size="small" disabledFocusable={control.isPending} onClick={() => start(paused ? 'resume' : 'pause')}>{paused ? 'Resume' : 'Pause'}</Button>
        </>
    );
}

export function Sync({ accountName }: { accountName: string }) {
    const { admin } = useRights();
    const { data, error } = useSync(accountName);
    return (
        <Section title="Synchronization" actions={admin && data && <Controls accountName={accountName} paused={data.paused === true} />}>
            {!data ? (error ? <ErrorState error={error} /> : <Loading rows={3} />) : (
                <>
                    {data.lastError && (
                        <MessageBar intent="error" layout="multiline">
                            <MessageBarBody>
                                <MessageBarTitle>{data.lastError.code}</MessageBarTitle>{data.lastError.message}
                                {data.failingSince && <> Since <Time at={data.failingSince} since />.</>}
                                {data.nextTryAt && !data.paused && <> It is tried again <Time at={data.nextTryAt} since />.</>}
                            </MessageBarBody>
                        </MessageBar>
                    )}
                    {data.paused && <MessageBar intent="warning" layout="multiline"><MessageBarBody>Paused: nothing of this account is sent.</MessageBarBody></MessageBar>}
                    <Facts facts={[
                        ['Services', data.services?.map(serviceName).join(', ')],
                        ['Numbers pending', shown(data.pending)],
                        ['Numbers failed', shown(data.failed)],
                        ['Numbers being released', shown(data.leaving)],
                        ['Last success', data.lastSuccessAt ? <Time at={data.lastSuccessAt} since /> : 'None yet'],
                    ]} />
                </>
            )}
        </Section>
    );
}
