/* Who changed what, when and by which way. For administrators; the newest first. */
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ArrowClockwise20Regular, HistoryRegular } from '@fluentui/react-icons';
import { Suspense, useMemo, useState } from 'react';
import type { AuditRow } from '../../api/pending';
import { useMe } from '../../api/queries';
import { doneText } from '../../base/activity';
import { whoText } from '../../base/text';
import { DataTable, Empty, ErrorState, Loading, Page, PageLink, Pager, part, Time, useView, wayName, type Column } from '../../ui';
import { resourceHref, useAudit, useFilters } from './audit';
import { Changes } from './Changes';
import { changes } from './diff';
import { FilterFields } from './Filters';

const Details = part(async () => (await import('./Details')).default);

const LINES = 3;

const useStyles = makeStyles({
    what: { display: 'flex', flexDirection: 'column', overflowWrap: 'anywhere' },
    quiet: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

function What({ row }: { row: AuditRow }) {
    const styles = useStyles();
    const href = resourceHref(row);
    return (
        <span className={styles.what}>
            <span>{href ? <PageLink href={href}>{row.key}</PageLink> : row.key}</span>
            <span className={styles.quiet}>{doneText(row)}{row.account && row.account !== row.key && <> · <PageLink href={`/accounts/${row.account}`}>{row.account}</PageLink></>}</span>
        </span>
    );
}

function columnsOf(show: (row: AuditRow) => void): Column<AuditRow>[] {
    return [
        { id: 'what', header: 'What', width: 'minmax(170px, 1.4fr)', card: 'title', cell: (row) => <What row={row} /> },
        { id: 'when', header: 'When', width: '200px', cell: ({ at }) => <Time at={at} /> },
        { id: 'who', header: 'Who', width: 'minmax(120px, 1fr)', cell: ({ name, caller }) => whoText(name, caller) },
        { id: 'way', header: 'By way of', width: '96px', cell: ({ way }) => wayName(way) },
        { id: 'changes', header: 'Changes', width: 'minmax(220px, 2.4fr)', cell: (row) => <Changes changes={changes(row.before, row.after)} most={LINES} /> },
        { id: 'more', header: 'Details', width: '92px', cell: (row) => <Button size="small" aria-label={`Details of ${row.key}`} onClick={() => show(row)}>Details</Button> },
    ];
}

export default function ActivityPage() {
    const styles = useStyles();
    const [filters, change] = useFilters();
    const view = useView();
    const me = useMe().data;
    const admin = me?.rights.admin ?? false;
    const { data, error, refetch, isFetching } = useAudit(filters, view.size, view.after, admin);
    const [shown, setShown] = useState<AuditRow | null>(null);
    const columns = useMemo(() => columnsOf(setShown), []);
    const filtered = Object.keys(filters).length > 0;
    if (!admin) return <Page title="Activity"><Empty icon={<HistoryRegular />} title="For administrators">Who changed what is shown to people with the role ProvisioningAPI.AdminUser.</Empty></Page>;
    return (
        <Page title="Activity" hint="Who changed what, when and by which way." actions={<Button icon={<ArrowClockwise20Regular />} disabledFocusable={isFetching} onClick={() => void refetch()}>Refresh</Button>}>
            <FilterFields filters={filters} onChange={change} />
            {!data ? (error ? <ErrorState error={error} title="The activity could not be read" retry={() => void refetch()} /> : <Loading />)
                : data.rows.length === 0 ? (
                    <Empty icon={<HistoryRegular />} title={filtered || view.after ? 'No change matches' : 'Nothing was changed yet'}>
                        {filtered || view.after ? 'Change or clear the filter to see others.' : 'Whatever anybody changes shows up here.'}
                    </Empty>
                ) : (
                    <>
                        <DataTable label="Activity" columns={columns} rows={data.rows} rowKey={({ id }) => String(id)} cardsBelow={860} />
                        <Pager view={view} shown={data.rows.length} next={data.next} total={null} noun="change" />
                        <Text className={styles.quiet}>Newest first. Rows are kept as long as the gateway is set to keep them.</Text>
                    </>
                )}
            <Suspense>{shown && <Details row={shown} title={doneText(shown)} onClose={() => setShown(null)} />}</Suspense>
        </Page>
    );
}
