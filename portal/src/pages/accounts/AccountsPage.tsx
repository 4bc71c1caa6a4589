import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Add20Regular, ArrowClockwise20Regular, BuildingMultipleRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, take, type Account } from '../../api/client';
import { useCount, useList } from '../../api/list';
import type { ChangedBy as ChangedByRow } from '../../api/pending';
import { useRights } from '../../api/queries';
import { enabledServices, SERVICES } from '../../base/services';
import { count } from '../../base/text';
import {
    ChangedBy, DataTable, Empty, ErrorState, FilterBar, Loading, Page, PageButton, PageLink, Pager, reasonOf, ServiceBadges, Status, useView, type Column, type FilterField,
} from '../../ui';

const STATUSES = ['synced', 'pending', 'failed'] as const;
const FIELDS: readonly FilterField[] = [
    { kind: 'text', field: 'name', label: 'Name contains', op: 'contains' },
    { kind: 'text', field: 'serviceDetails/teamsTenantId', label: 'Tenant ID', op: 'startswith', clean: (text) => text.trim() },
    { kind: 'choice', label: 'Service', options: SERVICES.map(({ key, name }) => ({ text: name, clause: { field: `serviceDetails/${key}/enabled`, op: 'eq' as const, value: true } })) },
    {
        kind: 'choice', label: 'Status',
        options: STATUSES.map((value) => ({ text: value.charAt(0).toUpperCase() + value.slice(1), clause: { field: 'serviceProvisioningStatus', op: 'eq' as const, value } })),
    },
    {
        kind: 'choice', label: 'Subdomain',
        options: [['Provisioned', 'provisioned'], ['Not provisioned', 'notProvisioned'], ['Inconsistent', 'inconsistent']].map(([text, value]) => ({
            text: text!, clause: { field: 'serviceDetails/teamsDirectRouting/subdomainStatus', op: 'eq' as const, value: value! },
        })),
    },
];

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground2 }, name: { overflowWrap: 'anywhere' } });

interface Known {
    numbers: number;
    changedBy?: ChangedByRow;
}

/** What a page of accounts does not say of itself: how many numbers, and who changed it last. Apart, after the rows. */
function useKnown(names: readonly string[]) {
    return useQuery({
        queryKey: ['accounts', 'known', names],
        queryFn: async ({ signal }) => {
            const { data } = await take(api.POST('/numgate/v1/accounts:lookup', { params: {} as never, body: { accountNames: [...names] }, signal }));
            return new Map<string, Known>(data.items.map((item) => [item.name, item]));
        },
        enabled: names.length > 0,
        placeholderData: (before) => before,
    });
}

function columnsOf(known: ReadonlyMap<string, Known> | undefined): Column<Account>[] {
    return [
        { id: 'name', header: 'Account name', width: 'minmax(150px, 2fr)', card: 'title', cell: (account) => <PageLink href={`/accounts/${account.name}`}>{account.name}</PageLink> },
        { id: 'status', header: 'Status', width: '120px', card: 'beside', cell: (account) => <Status value={account.serviceProvisioningStatus} reason={reasonOf(account.serviceProvisioningErrors)} /> },
        { id: 'services', header: 'Services', width: 'minmax(170px, 2fr)', cell: (account) => <ServiceBadges services={enabledServices(account.serviceDetails)} /> },
        {
            id: 'subdomain', header: 'Subdomain', width: '140px',
            cell: ({ serviceDetails }) => (serviceDetails?.teamsDirectRouting?.configuration ? <Status value={serviceDetails.teamsDirectRouting.subdomainStatus} /> : '–'),
        },
        {
            id: 'numbers', header: 'Numbers', width: '90px', align: 'end',
            cell: ({ name }) => {
                const row = known?.get(name);
                return row ? <PageLink href={`/accounts/${name}/numbers`} aria-label={`${count(row.numbers)} numbers of ${name}`}>{count(row.numbers)}</PageLink> : '–';
            },
        },
        { id: 'by', header: 'Set by', width: 'minmax(170px, 1.6fr)', cell: ({ name }) => <ChangedBy changed={known?.get(name)?.changedBy} small /> },
    ];
}

export default function AccountsPage() {
    const styles = useStyles();
    const view = useView();
    const { write } = useRights();
    const { data, error, refetch, isFetching } = useList('accounts', view);
    const total = useCount('accounts', view, data !== undefined);
    const known = useKnown(useMemo(() => data?.rows.map(({ name }) => name) ?? [], [data])).data;
    const columns = useMemo(() => columnsOf(known), [known]);
    const create = write && <PageButton href="/create-account" appearance="primary" icon={<Add20Regular />}>Create account</PageButton>;
    return (
        <Page
            title="Accounts" hint="Your customers, each with its services and numbers."
            actions={<>
                <Button icon={<ArrowClockwise20Regular />} disabledFocusable={isFetching} onClick={() => void refetch()}>Refresh</Button>
                {create}
            </>}
        >
            <FilterBar label="Filter accounts" fields={FIELDS} filter={view.filter} onChange={view.setFilter} />
            {!data ? (error ? <ErrorState error={error} title="The accounts could not be read" retry={() => void refetch()} /> : <Loading />)
                : data.rows.length === 0 ? (
                    <Empty icon={<BuildingMultipleRegular />} title={view.filter || view.after ? 'No account matches' : 'No accounts yet'} action={!view.filter && create}>
                        {view.filter || view.after ? 'Change or clear the filter to see others.' : 'Create one for your first customer, or begin with a request for information.'}
                    </Empty>
                ) : (
                    <>
                        <DataTable label="Accounts" columns={columns} rows={data.rows} rowKey={({ name }) => name} total={total.data} cardsBelow={840} />
                        <Pager view={view} shown={data.rows.length} next={data.next} total={total.isError ? null : total.data} noun="account"
                            goTo={{ label: 'Go to name', after: (text) => beforeName(text.trim()) }} />
                        <Text size={200} className={styles.quiet}>In the order of their names, capital letters first.</Text>
                    </>
                )}
        </Page>
    );
}

/** The list begins after a key; the greatest text below a name makes it begin with the name. */
function beforeName(name: string): string | null {
    if (!/^[A-Za-z0-9_-]+$/.test(name)) return null;
    const last = name.charCodeAt(name.length - 1);
    return name.slice(0, -1) + String.fromCharCode(last - 1) + 'zzzz';
}
