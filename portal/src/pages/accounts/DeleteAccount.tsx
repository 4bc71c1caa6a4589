import { useLocation } from 'wouter';
import { api, type Account, type Answer } from '../../api/client';
import { useConsequences } from '../../api/consequences';
import { queryClient } from '../../api/queries';
import { SERVICES } from '../../base/services';
import { command } from '../../base/shell';
import { counted } from '../../base/text';
import { Command, ConfirmDialog, useToast } from '../../ui';

/** One request takes so many along. */
const NUMBERS_MAX = 100_000;

export function DeleteAccount({ answer, onClose }: { answer: Answer<Account>; onClose: () => void }) {
    const toast = useToast();
    const [, navigate] = useLocation();
    const { name, serviceDetails } = answer.data;
    const { data, error } = useConsequences({ accountName: name });
    const known = data !== undefined || error !== null;
    const atLeast = Math.max(...SERVICES.map(({ key }) => (serviceDetails?.[key] as { numberCount?: number } | undefined)?.numberCount ?? 0));
    const numbers = data?.count ?? atLeast;
    const some = numbers > 0 || data === undefined;
    const blocked = numbers > NUMBERS_MAX
        ? `The account has ${counted(numbers, 'number')}; more than ${counted(NUMBERS_MAX, 'number')} cannot go along with it. Delete numbers first.`
        : data && data.assigned > 0 ? `${counted(data.assigned, 'number')} of it are assigned to people in Teams. The customer has to unassign them first.` : undefined;
    const lines = [
        `The account ${name} goes, with its settings.`,
        ...(numbers > 0 ? [`${data?.truncated ? 'At least ' : ''}${counted(numbers, 'number')} of it ${numbers === 1 ? 'is' : 'are'} deleted, and calls to them stop.`] : data ? ['It has no numbers.'] : ['Any numbers of it are deleted.']),
        ...(serviceDetails?.teamsDirectRouting?.configuration ? ['The DNS records of its subdomain are removed.'] : []),
        ...SERVICES.filter(({ sync }) => sync).flatMap(({ key, name: service }) => {
            if (!data) return serviceDetails?.[key]?.enabled ? [`Its numbers that are synchronized are released in ${service}.`] : [];
            const n = (data.syncedServices as Record<string, number>)[key] ?? 0;
            return n > 0 ? [`${data.truncated ? 'At least ' : ''}${counted(n, 'number')} ${n === 1 ? 'is' : 'are'} released in ${service}.`] : [];
        }),
        'This cannot be undone.',
    ];
    const remove = async () => {
        await api.DELETE('/accounts/{accountName}', {
            params: { path: { accountName: name }, query: some ? { deleteNumbers: true } : {}, header: { ...(answer.etag && { 'If-Match': answer.etag }) } },
        });
        toast('Account deleted', name);
        navigate('/accounts', { replace: true });
        queryClient.removeQueries({ queryKey: ['accounts', 'one', name] });
        await queryClient.invalidateQueries({ queryKey: ['accounts'] });
    };
    return (
        <ConfirmDialog title={`Delete ${name}?`} action="Delete account" danger typed={name} consequences={known ? lines : null} blocked={blocked} onConfirm={remove} onClose={onClose}>
            <Command
                request={{ method: 'DELETE', path: `/accounts/${name}?${some ? 'deleteNumbers=true&' : ''}api-version=2024-02-29-preview` }}
                numgate={command('numgate', 'account', 'delete', name, ...(some ? ['--delete-numbers'] : []))}
            />
        </ConfirmDialog>
    );
}
