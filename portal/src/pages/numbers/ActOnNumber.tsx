/* What is asked before one number loses something. */
import { useLocation } from 'wouter';
import { syncs } from '../../api/choices';
import { api, type Account, type Answer, type NumberResource } from '../../api/client';
import { queryClient, numberKey } from '../../api/queries';
import { enabledServices, serviceName, type ServiceKey } from '../../base/services';
import { isSynced, SYNCED } from '../../base/settings';
import { command } from '../../base/shell';
import { Command, ConfirmDialog, useToast } from '../../ui';
import { isAssignedIn } from './rows';

const stopped = (key: ServiceKey) => `Calls to it through ${serviceName(key)} stop.`;
const released = (account: Account | undefined, key: ServiceKey) =>
    isSynced(key) && syncs(account, key) ? [`The back end of ${serviceName(key)} releases it: the customer does not see it there any more.`] : [];

interface SwitchOffProps {
    number: NumberResource;
    account: Account;
    services: ServiceKey[];
    onConfirm: () => Promise<unknown>;
    onClose: () => void;
}

export function SwitchOff({ number: { telephoneNumber }, account, services, onConfirm, onClose }: SwitchOffProps) {
    const names = services.map(serviceName).join(' and ');
    const lines = services.flatMap((key) => [stopped(key), ...released(account, key), ...(isSynced(key) ? [`Its settings in ${serviceName(key)} are gone.`] : [])]);
    return <ConfirmDialog title={`Switch ${names} off for ${telephoneNumber}?`} action="Switch off and save" danger typed={telephoneNumber} consequences={lines} onConfirm={onConfirm} onClose={onClose} />;
}

export function DeleteNumber({ answer, account, onClose }: { answer: Answer<NumberResource>; account: Account | undefined; onClose: () => void }) {
    const toast = useToast();
    const [, navigate] = useLocation();
    const { data: number, etag } = answer;
    const { accountName, telephoneNumber } = number;
    const services = enabledServices(number.serviceDetails);
    const bound = SYNCED.some((key) => syncs(account, key) && isAssignedIn(number, key));
    const lines = [
        `${telephoneNumber} goes from ${accountName}, with its settings.`, ...services.flatMap((key) => [stopped(key), ...released(account, key)]), 'This cannot be undone.',
    ];
    const remove = async () => {
        await api.DELETE('/accounts/{accountName}/numbers/{telephoneNumber}', { params: { path: { accountName, telephoneNumber }, header: { ...(etag && { 'If-Match': etag }) } } });
        toast('Number deleted', telephoneNumber);
        navigate(`/accounts/${accountName}/numbers`, { replace: true });
        queryClient.removeQueries({ queryKey: numberKey(accountName, telephoneNumber) });
        await queryClient.invalidateQueries({ queryKey: ['numbers'] });
    };
    return (
        <ConfirmDialog
            title={`Delete ${telephoneNumber}?`} action="Delete number" danger typed={telephoneNumber} consequences={lines} onConfirm={remove} onClose={onClose}
            blocked={bound ? 'It is assigned to somebody in Teams. The customer has to unassign it first.' : undefined}
        >
            <Command
                request={{ method: 'DELETE', path: `/accounts/${accountName}/numbers/${telephoneNumber}?api-version=2024-02-29-preview`, ...(etag && { headers: { 'If-Match': etag } }) }}
                numgate={command('numgate', 'number', 'delete', accountName, telephoneNumber, ...(etag ? ['--if-match', etag] : []))}
            />
        </ConfirmDialog>
    );
}
