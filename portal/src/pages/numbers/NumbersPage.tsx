import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Add20Regular, ArrowClockwise20Regular, Delete20Regular, Edit20Regular, NumberSymbolSquareRegular, TextBulletListSquare20Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect, useMemo, useState } from 'react';
import { api, take, type NumberResource } from '../../api/client';
import { useCount, useList, type PageRequest } from '../../api/list';
import type { LookupItem } from '../../api/pending';
import { useApiRequired, useRights } from '../../api/queries';
import { justBefore, readNumber } from '../../base/e164';
import { enabledServices, SERVICES } from '../../base/services';
import { count, counted } from '../../base/text';
import {
    ApiRequiredNote, ChangedBy, Cut, DataTable, Empty, ErrorState, FilterBar, Loading, Page, PageButton, PageLink, Pager, part, reasonOf, ServiceBadges, Status, useMatchingSet, useView, type Column, type FilterField,
} from '../../ui';
import type { NumberSet } from '../../ui/ActOnNumbers';
import { Export } from './Export';
import { assignmentOf, isAssigned, numberPage, servicesOf } from './rows';

const ChangeNumbers = part(async () => (await import('../../ui/ActOnNumbers')).ChangeNumbers);
const DeleteNumbers = part(async () => (await import('../../ui/ActOnNumbers')).DeleteNumbers);

const STATUSES = ['synced', 'pending', 'failed'] as const;
const ASSIGNED = SERVICES.filter(({ sync }) => sync).flatMap(({ key, name }) => (['assigned', 'unassigned'] as const).map((value) => ({
    text: `${value === 'assigned' ? 'Assigned' : 'Unassigned'} in ${name}`, clause: { field: `serviceDetails/${key}/assignmentStatus`, op: 'eq' as const, value },
})));
const ACCOUNT: FilterField = { kind: 'text', field: 'accountName', label: 'Account', op: 'eq', clean: (text) => text.trim() };
const FIELDS: readonly FilterField[] = [
    { kind: 'text', field: 'telephoneNumber', label: 'Number begins with', op: 'startswith', clean: (text) => readNumber(text) ?? (text.replace(/[^+\d]/g, '') || text.trim()) },
    { kind: 'choice', label: 'Service', options: SERVICES.map(({ key, name }) => ({ text: name, clause: { field: `serviceDetails/${key}/enabled`, op: 'eq' as const, value: true } })) },
    {
        kind: 'choice', label: 'Status',
        options: STATUSES.map((value) => ({ text: value.charAt(0).toUpperCase() + value.slice(1), clause: { field: 'serviceProvisioningStatus', op: 'eq' as const, value } })),
    },
    { kind: 'choice', label: 'Assigned', options: ASSIGNED },
    { kind: 'text', field: 'configuration/customSipHeader', label: 'Custom SIP header', op: 'eq', clean: (text) => text.trim() },
];

const useStyles = makeStyles({
    chosen: {
        display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px 12px', padding: '8px 12px', marginBottom: '8px', borderRadius: tokens.borderRadiusMedium,
        backgroundColor: tokens.colorNeutralBackground3,
    },
    note: { marginBottom: '12px' },
    grow: { flex: '1 1 160px' },
    quiet: { color: tokens.colorNeutralForeground2 },
});

/** Who set the numbers of a page; apart, after the rows. */
function useProvenance(numbers: readonly string[]) {
    return useQuery({
        queryKey: ['numbers', 'known', numbers],
        queryFn: async ({ signal }) => {
            const { data } = await take(api.POST('/numgate/v1/numbers:lookup', { params: {} as never, body: { telephoneNumbers: [...numbers] }, signal }));
            return new Map<string, LookupItem>(data.items.map((item) => [item.telephoneNumber ?? '', item]));
        },
        enabled: numbers.length > 0,
        placeholderData: (before) => before,
    }).data;
}

function columnsOf(known: ReadonlyMap<string, LookupItem> | undefined, ofOne: boolean): Column<NumberResource>[] {
    const account: Column<NumberResource> = { id: 'account', header: 'Account', width: 'minmax(110px, 1.6fr)', cell: ({ accountName }) => <Cut text={accountName}><PageLink href={`/accounts/${accountName}`}>{accountName}</PageLink></Cut> };
    const header: Column<NumberResource> = { id: 'header', header: 'SIP header', width: 'minmax(76px, 0.8fr)', cell: ({ configuration }) => <Cut text={configuration?.customSipHeader ?? '–'} /> };
    return [
        { id: 'number', header: 'Number', width: '158px', card: 'title', cell: (row) => <PageLink href={numberPage(row)}>{row.telephoneNumber}</PageLink> },
        { id: 'status', header: 'Status', width: '108px', card: 'beside', cell: (row) => <Status value={row.serviceProvisioningStatus} reason={reasonOf(row.serviceProvisioningErrors)} /> },
        ...(ofOne ? [] : [account]),
        { id: 'services', header: 'Services', width: 'minmax(84px, 0.8fr)', cell: ({ serviceDetails }) => <ServiceBadges services={enabledServices(serviceDetails)} /> },
        { id: 'assigned', header: 'Assigned', width: '122px', cell: (row) => <Status value={assignmentOf(row)} /> },
        ...(ofOne ? [header] : []),
        { id: 'by', header: 'Set by', width: 'minmax(116px, 1.2fr)', cell: ({ telephoneNumber }) => <ChangedBy changed={known?.get(telephoneNumber)?.changedBy} small /> },
    ];
}

function pageSet(rows: readonly NumberResource[], account: string | undefined): NumberSet {
    const accounts = [...new Set(rows.map(({ accountName }) => accountName))];
    return {
        count: rows.length,
        whose: account ?? (accounts.length > 3 ? counted(accounts.length, 'account') : accounts.join(', ')),
        account: accounts.length === 1 ? accounts[0] : account,
        choice: { telephoneNumbers: rows.map(({ telephoneNumber }) => telephoneNumber) },
        assigned: rows.filter(isAssigned).length,
        services: servicesOf(rows),
    };
}

interface ChosenProps {
    rows: readonly NumberResource[];
    all: boolean;
    onAll: () => void;
    onClear: () => void;
    request: PageRequest;
    total: number | undefined;
    pageIsFull: boolean;
}

/** What is ticked, and what can be done with it. */
function Chosen({ rows, all, onAll, onClear, request, total, pageIsFull }: ChosenProps) {
    const styles = useStyles();
    const rights = useRights();
    const [open, setOpen] = useState<'change' | 'delete' | null>(null);
    const { filter, account } = request;
    const everything = useMatchingSet(
        all && open !== null, { ...(filter !== '' && { filter }), ...(account !== undefined && { accountName: account }) },
        account ?? (filter === '' ? 'all accounts' : 'all that match the filter'), total,
    );
    const set = all ? everything : pageSet(rows, request.account);
    const close = () => setOpen(null);
    const mayAll = pageIsFull && !all && (request.filter !== '' || request.account !== undefined);
    return (
        <div className={styles.chosen} role="region" aria-label="Selection">
            <Text className={styles.grow} aria-live="polite">{all ? `All ${total === undefined ? '' : count(total)} numbers that match are selected` : `${counted(rows.length, 'number')} selected`}</Text>
            {mayAll && <Button size="small" onClick={onAll}>Select all {total === undefined ? '' : count(total)} that match</Button>}
            {rights.write && (rows.length === 1 && !all
                ? <PageButton href={numberPage(rows[0]!)} size="small" icon={<Edit20Regular />}>Manage number</PageButton>
                : <Button size="small" icon={<Edit20Regular />} onClick={() => setOpen('change')}>Manage</Button>)}
            {rights.delete && <Button size="small" icon={<Delete20Regular />} onClick={() => setOpen('delete')}>Delete numbers</Button>}
            <Button size="small" appearance="subtle" onClick={onClear}>Clear selection</Button>
            <Suspense fallback={null}>
                {open === 'change' && <ChangeNumbers set={set} onClose={close} />}
                {open === 'delete' && <DeleteNumbers set={set} onClose={close} />}
            </Suspense>
        </div>
    );
}

const NONE: ReadonlySet<string> = new Set();

export default function NumbersPage({ accountName }: { accountName?: string | undefined }) {
    const styles = useStyles();
    const view = useView();
    const rights = useRights();
    const launched = useApiRequired();
    const request: PageRequest = { filter: view.filter, size: view.size, after: view.after, ...(accountName !== undefined && { account: accountName }) };
    const { data, error, refetch, isFetching } = useList('numbers', request);
    const total = useCount('numbers', request, data !== undefined);
    const known = useProvenance(useMemo(() => data?.rows.map(({ telephoneNumber }) => telephoneNumber) ?? [], [data]));
    const columns = useMemo(() => columnsOf(known, accountName !== undefined), [known, accountName]);
    const fields = useMemo(() => (accountName === undefined ? [...FIELDS, ACCOUNT] : FIELDS), [accountName]);
    const [keys, setKeys] = useState<ReadonlySet<string>>(NONE);
    const [all, setAll] = useState(false);
    const clear = () => { setKeys(NONE); setAll(false); };
    useEffect(clear, [view.filter, view.after, view.size, accountName]);
    const rows = data?.rows ?? [];
    const chosen = rows.filter(({ telephoneNumber }) => keys.has(telephoneNumber));
    const mayAct = rights.write || rights.delete;
    const blocks = accountName === undefined ? '/blocks' : `/blocks?accountName=${encodeURIComponent(accountName)}`;
    const create = rights.write && accountName !== undefined && <PageButton href={`/accounts/${accountName}/create-numbers`} appearance="primary" icon={<Add20Regular />}>Create numbers</PageButton>;
    const trail = accountName === undefined ? undefined : [{ text: 'Accounts', href: '/accounts' }, { text: accountName, href: `/accounts/${accountName}` }];
    return (
        <Page
            title={accountName === undefined ? 'Numbers' : `Numbers of ${accountName}`} {...(trail && { trail })}
            actions={<>
                <Button icon={<ArrowClockwise20Regular />} disabledFocusable={isFetching} onClick={() => void refetch()}>Refresh</Button>
                <PageButton href={blocks} icon={<TextBulletListSquare20Regular />}>Blocks</PageButton>
                <Export filter={view.filter} account={accountName} />
                {create}
            </>}
        >
            {launched.length > 0 && <div className={styles.note}><ApiRequiredNote services={launched} /></div>}
            <FilterBar label="Filter numbers" fields={fields} filter={view.filter} onChange={view.setFilter} />
            {!data ? (error ? <ErrorState error={error} title="The numbers could not be read" retry={() => void refetch()} /> : <Loading />)
                : rows.length === 0 ? (
                    <Empty icon={<NumberSymbolSquareRegular />} title={view.filter || view.after ? 'No number matches' : 'No numbers yet'} action={!view.filter && (accountName === undefined ? <PageButton href="/accounts">Accounts</PageButton> : create)}>
                        {view.filter || view.after ? 'Change or clear the filter to see others.' : accountName === undefined ? 'Numbers are created in an account.' : 'Create the first ones for this customer.'}
                    </Empty>
                ) : (
                    <>
                        {chosen.length > 0 && (
                            <Chosen rows={chosen} all={all} onAll={() => setAll(true)} onClear={clear} request={request} total={total.data}
                                pageIsFull={chosen.length === rows.length && (data.next !== undefined || view.after !== '')} />
                        )}
                        <DataTable label="Numbers" columns={columns} rows={rows} rowKey={({ telephoneNumber }) => telephoneNumber} total={total.data} cardsBelow={760}
                            {...(mayAct && { selection: { keys, onChange: (next: Set<string>) => { setKeys(next); setAll(false); } } })} />
                        <Pager view={view} shown={rows.length} next={data.next} total={total.isError ? null : total.data} noun="number" goTo={{ label: 'Go to number', after: justBefore }} />
                        <Text size={200} className={styles.quiet}>In numerical order.</Text>
                    </>
                )}
        </Page>
    );
}
