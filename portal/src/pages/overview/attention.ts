/* What needs a person: how each kind is said, what cures it, and where that is done. */
import type { Attention, AttentionKind } from '../../api/pending';
import { writeFilter } from '../../base/filter';
import { counted } from '../../base/text';

export interface Told {
    title: string;
    cure: string;
    link: string;
    action: string;
    intent: 'error' | 'warning' | 'info';
}

const account = ({ accountName }: Attention) => accountName ?? 'An account';
const accountPage = ({ accountName }: Attention, part = '') => (accountName ? `/accounts/${encodeURIComponent(accountName)}${part}` : '/accounts');
const failedNumbers = ({ accountName }: Attention) => {
    const filter = encodeURIComponent(writeFilter([{ field: 'serviceProvisioningStatus', op: 'eq', value: 'failed' }]));
    return accountName ? `/accounts/${encodeURIComponent(accountName)}/numbers?filter=${filter}` : `/numbers?filter=${filter}`;
};

const TOLD: Record<AttentionKind, (item: Attention) => Told> = {
    accountFailed: (item) => ({
        intent: 'error', title: `${account(item)} could not be sent to the back end`,
        cure: 'Correct what the message names and save the account; it is sent again at once.', link: accountPage(item), action: 'Open the account',
    }),
    numbersFailed: (item) => ({
        intent: 'error', title: `${counted(item.count ?? 1, 'number')} of ${account(item)} failed`,
        cure: 'Look at the reasons, correct the numbers, and they are sent again.', link: failedNumbers(item), action: 'Show the numbers',
    }),
    syncFailing: (item) => ({
        intent: 'error', title: `Synchronization of ${item.accountName ?? item.tenantId ?? 'the back end'} keeps failing`,
        cure: 'It is tried again by itself. If the message names credentials or a refusal, whoever runs the gateway has to act.', link: accountPage(item), action: 'Open the account',
    }),
    syncPaused: (item) => ({
        intent: 'warning', title: `Synchronization ${item.accountName ? `of ${item.accountName} ` : ''}is paused`,
        cure: 'Nothing is sent until somebody with the Admin role resumes it.', link: accountPage(item), action: 'Open the account',
    }),
    dnsNotSeen: (item) => ({
        intent: 'warning', title: `The DNS records of ${account(item)} are not served`,
        cure: 'The customer cannot verify the domain yet. The DNS check says which server lacks what.', link: accountPage(item, '#dns'), action: 'Check DNS',
    }),
    tokensMissing: (item) => ({
        intent: 'info', title: `${account(item)} has Direct Routing, but no tokens yet`,
        cure: 'Ask the customer for the text values of both domains, and enter them in the account.', link: accountPage(item, '#dns'), action: 'Text for the customer',
    }),
    requestNew: (item) => ({
        intent: 'info', title: `New request for information${item.message ? ` from ${item.message}` : ''}`,
        cure: 'Set the relationship status and create an account from it.', link: `/requests/${encodeURIComponent(item.tenantId ?? '')}`, action: 'Open the request',
    }),
};

export function tell(item: Attention): Told {
    const told = TOLD[item.kind] as ((item: Attention) => Told) | undefined;
    return told?.(item) ?? { intent: 'warning', title: item.message ?? item.kind, cure: '', link: accountPage(item), action: 'Open' };
}
