import { Button, Text } from '@fluentui/react-components';
import { ArrowClockwise20Regular, MailInbox48Regular } from '@fluentui/react-icons';
import { useCount, useList } from '../../api/list';
import type { Rfi } from '../../api/client';
import { useRights } from '../../api/queries';
import { DataTable, Empty, ErrorState, FilterBar, Loading, Page, PageLink, Pager, reasonOf, Status, Time, useView, type Column, type FilterField } from '../../ui';
import { RELATIONSHIPS, relationshipText } from './relationship';

const FIELDS: readonly FilterField[] = [
    { kind: 'text', field: 'tenantId', label: 'Tenant ID contains', op: 'contains' },
    {
        kind: 'choice', label: 'Relationship',
        options: [
            { text: 'None yet', clause: { field: 'customerRelationship/status', op: 'eq', value: null } },
            ...RELATIONSHIPS.map(({ value, text }) => ({ text, clause: { field: 'customerRelationship/status', op: 'eq' as const, value } })),
        ],
    },
    {
        kind: 'choice', label: 'Consent',
        options: ['active', 'suspended', 'removed'].map((value) => ({ text: value.charAt(0).toUpperCase() + value.slice(1), clause: { field: 'status', op: 'eq' as const, value } })),
    },
    {
        kind: 'choice', label: 'Account',
        options: [
            { text: 'Without an account', clause: { field: 'accountName', op: 'eq', value: null } },
            { text: 'With an account', clause: { field: 'accountName', op: 'ne', value: null } },
        ],
    },
];

const companyOf = ({ contacts }: Rfi) => contacts?.find(({ companyName }) => companyName)?.companyName;

function AccountCell({ rfi }: { rfi: Rfi }) {
    const { write } = useRights();
    if (rfi.accountName) return <PageLink href={`/accounts/${rfi.accountName}`}>{rfi.accountName}</PageLink>;
    if (!write || rfi.status === 'removed') return <>–</>;
    return <PageLink href={`/create-account?from=${encodeURIComponent(rfi.tenantId)}`} aria-label={`Create account for ${companyOf(rfi) ?? rfi.tenantId}`}>Create account</PageLink>;
}

const COLUMNS: readonly Column<Rfi>[] = [
    { id: 'company', header: 'Company', width: 'minmax(140px, 2fr)', card: 'title', cell: (rfi) => companyOf(rfi) ?? <Text italic>No name given</Text> },
    { id: 'tenant', header: 'Tenant ID', width: 'minmax(180px, 3fr)', cell: (rfi) => <PageLink href={`/requests/${rfi.tenantId}`}>{rfi.tenantId}</PageLink> },
    { id: 'status', header: 'Consent', width: '130px', card: 'beside', cell: (rfi) => <Status value={rfi.status} /> },
    { id: 'relationship', header: 'Relationship', width: 'minmax(130px, 1.5fr)', cell: (rfi) => relationshipText(rfi.customerRelationship?.status) || '–' },
    { id: 'sync', header: 'Sync', width: '110px', card: 'hidden', cell: (rfi) => <Status value={rfi.serviceProvisioningStatus} reason={reasonOf(rfi.serviceProvisioningErrors)} /> },
    { id: 'account', header: 'Account', width: 'minmax(120px, 1.5fr)', cell: (rfi) => <AccountCell rfi={rfi} /> },
    { id: 'consented', header: 'Consented', width: 'minmax(132px, 1fr)', cell: (rfi) => <Time at={rfi.consentedOn} since /> },
];

export default function RequestsPage() {
    const view = useView();
    const { data, error, refetch, isFetching } = useList('requests', view);
    const total = useCount('requests', view, data !== undefined);
    return (
        <Page
            title="Requests for Information"
            hint="Enterprises that chose you in the Teams admin centre. Answer them, then create an account."
            actions={<Button icon={<ArrowClockwise20Regular />} disabledFocusable={isFetching} onClick={() => void refetch()}>Refresh</Button>}
        >
            <FilterBar label="Filter requests" fields={FIELDS} filter={view.filter} onChange={view.setFilter} />
            {!data ? (error ? <ErrorState error={error} title="The requests could not be read" retry={() => void refetch()} /> : <Loading />)
                : data.rows.length === 0 ? (
                    <Empty icon={<MailInbox48Regular />} title={view.filter || view.after ? 'No request matches' : 'No requests yet'}>
                        {view.filter || view.after ? 'Change or clear the filter to see others.' : 'When an enterprise chooses you, its request appears here by itself.'}
                    </Empty>
                ) : (
                    <>
                        <DataTable label="Requests for information" columns={COLUMNS} rows={data.rows} rowKey={(rfi) => rfi.tenantId} total={total.data} cardsBelow={944} />
                        <Pager view={view} shown={data.rows.length} next={data.next} total={total.isError ? null : total.data} noun="request" />
                    </>
                )}
        </Page>
    );
}
