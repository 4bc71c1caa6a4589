import { Badge, makeStyles, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, ProgressBar, Text, tokens, typographyStyles } from '@fluentui/react-components';
import { CheckmarkCircle32Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { AuditRow, Attention, Overview } from '../../api/pending';
import { useDeployment, useRights } from '../../api/queries';
import { doneText } from '../../base/activity';
import { count, whoText } from '../../base/text';
import { ErrorState, Facts, Loading, Page, PageButton, PageLink, Section, Time } from '../../ui';
import { tell } from './attention';

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px' },
    list: { display: 'flex', flexDirection: 'column', gap: '8px', listStyleType: 'none', margin: 0, padding: 0 },
    wrap: { overflowWrap: 'anywhere' },
    cure: { color: tokens.colorNeutralForeground2 },
    tiles: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(min(180px, 100%), 1fr))', gap: '12px' },
    tile: { display: 'flex', flexDirection: 'column', padding: '16px', gap: '4px', backgroundColor: tokens.colorNeutralBackground1, color: tokens.colorNeutralForeground1, border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusXLarge, boxShadow: tokens.shadow2 },
    figure: { ...typographyStyles.title2, fontVariantNumeric: 'tabular-nums' },
    columns: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(360px, 100%), 1fr))', gap: '16px', alignItems: 'start' },
    changes: { display: 'flex', flexDirection: 'column', gap: '10px', listStyleType: 'none', margin: 0, padding: 0 },
    change: { display: 'flex', justifyContent: 'space-between', gap: '4px 12px', flexWrap: 'wrap' },
    quiet: { color: tokens.colorNeutralForeground2 },
    calm: { display: 'flex', alignItems: 'center', gap: '12px' },
    check: { flexShrink: 0, color: tokens.colorStatusSuccessForeground1 },
});

function useOverview() {
    return useQuery({
        queryKey: ['overview'],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/overview', { params: {} as never, signal }))).data,
        refetchInterval: 15_000,
    });
}

function useRecent(enabled: boolean) {
    return useQuery({
        queryKey: ['audit', 'recent'],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/audit', { params: { query: { maxpagesize: 8 }, path: {} }, signal }))).data.value,
        enabled,
        refetchInterval: 15_000,
    });
}

function AttentionItem({ item }: { item: Attention }) {
    const styles = useStyles();
    const { title, cure, link, action, intent } = tell(item);
    const reason = item.kind === 'requestNew' ? undefined : item.message;
    return (
        <li>
            <MessageBar intent={intent} layout="multiline">
                <MessageBarBody className={styles.wrap}>
                    <MessageBarTitle>{title}</MessageBarTitle>
                    {reason && <div>{item.code ? `${item.code}: ` : ''}{reason}</div>}
                    <div className={styles.cure}>{cure}{item.since && <> Since <Time at={item.since} since />.</>}</div>
                </MessageBarBody>
                <MessageBarActions><PageButton href={link} size="small">{action}</PageButton></MessageBarActions>
            </MessageBar>
        </li>
    );
}

function AttentionList({ overview }: { overview: Overview }) {
    const styles = useStyles();
    if (overview.attention.length === 0) {
        return (
            <Section title="Needs attention">
                <div className={styles.calm}>
                    <CheckmarkCircle32Regular aria-hidden className={styles.check} />
                    <span>
                        <Text block weight="semibold">Nothing needs you right now</Text>
                        <Text block className={styles.quiet}>Failed synchronization, missing DNS records and new requests show up here by themselves.</Text>
                    </span>
                </div>
            </Section>
        );
    }
    return (
        <Section title="Needs attention">
            <ul className={styles.list}>{overview.attention.map((item, n) => <AttentionItem key={`${item.kind}-${item.accountName ?? item.tenantId ?? n}`} item={item} />)}</ul>
            {overview.attentionTruncated && <Text className={styles.quiet}>There are more; these are the most pressing.</Text>}
        </Section>
    );
}

function Tile({ name, value, href, note }: { name: string; value: number; href: string; note?: string | undefined }) {
    const styles = useStyles();
    return (
        <div className={styles.tile}>
            <PageLink href={href}>{name}</PageLink>
            <span className={styles.figure}>{count(value)}</span>
            {note && <Text size={200} className={styles.quiet}>{note}</Text>}
        </div>
    );
}

function Tiles({ counts }: { counts: Overview['counts'] }) {
    const styles = useStyles();
    return (
        <div className={styles.tiles}>
            <Tile name="Accounts" value={counts.accounts} href="/accounts" note={counts.accountsFailed ? `${count(counts.accountsFailed)} failed` : undefined} />
            <Tile name="Numbers" value={counts.numbers} href="/numbers" />
            <Tile name="Requests for Information" value={counts.requestsForInformation} href="/requests" note={counts.requestsNew ? `${count(counts.requestsNew)} new` : undefined} />
        </div>
    );
}

function Headroom({ rateLimit }: { rateLimit: Overview['rateLimit'] }) {
    const { requestsPerMinute: limit, used } = rateLimit;
    if (limit === 0) return <>No limit</>;
    const share = Math.min(used / limit, 1);
    return (
        <>
            <Text>{count(Math.max(limit - used, 0))} of {count(limit)} requests a minute are free</Text>
            <ProgressBar value={share} color={share > 0.9 ? 'error' : share > 0.7 ? 'warning' : 'brand'} aria-label="Used of the rate limit" />
        </>
    );
}

function Deployment({ overview }: { overview: Overview }) {
    const deployment = useDeployment().data;
    const { health } = overview;
    return (
        <Section title="Gateway">
            <Facts facts={[
                ['Base domain', deployment?.baseDomain],
                ['Provisioning API', deployment?.provisioningApi],
                ['Direct Routing names', deployment?.regions.map((name) => <div key={name}>{name}</div>)],
                ['Custom SIP header', deployment?.customHeaderName],
                ['Health', health.ready ? <Badge appearance="tint" color="success">Ready</Badge> : <Badge appearance="tint" color="danger">Not ready</Badge>],
                ['Back end', health.sync === 'configured' ? 'Configured' : 'None: Operator Connect and Phone Mobile cannot be synchronized'],
                ['DNS', health.dns === 'configured' ? 'Configured' : 'None: nothing is published for Direct Routing'],
                ['BSS clients', <Headroom key="rate" rateLimit={overview.rateLimit} />],
                ['Version', deployment?.version],
            ]} />
        </Section>
    );
}

/** All that is known of what happened to it. */
const activityHref = ({ kind, key, account }: AuditRow) => `/activity?${new URLSearchParams({ ...(account && { account }), kind, key })}`;

function Change({ row }: { row: AuditRow }) {
    const styles = useStyles();
    return (
        <li className={styles.change}>
            <span className={styles.wrap}>{doneText(row)}: <PageLink href={activityHref(row)}>{row.key}</PageLink>{row.account && row.account !== row.key ? ` of ${row.account}` : ''}</span>
            <span className={styles.quiet}>{whoText(row.name, row.caller)} · <Time at={row.at} since /></span>
        </li>
    );
}

function Recent() {
    const styles = useStyles();
    const { data, error } = useRecent(true);
    return (
        <Section title="Recent changes" actions={<PageLink href="/activity">All activity</PageLink>}>
            {!data ? (error ? <ErrorState error={error} /> : <Loading rows={4} />)
                : data.length === 0 ? <Text className={styles.quiet}>Nothing was changed yet.</Text>
                : <ul className={styles.changes}>{data.map((row) => <Change key={row.id} row={row} />)}</ul>}
        </Section>
    );
}

export default function OverviewPage() {
    const styles = useStyles();
    const { data, error, refetch } = useOverview();
    const { admin } = useRights();
    return (
        <Page title="Overview">
            {!data ? (error ? <ErrorState error={error} title="The overview could not be read" retry={() => void refetch()} /> : <Loading />) : (
                <div className={styles.stack}>
                    <AttentionList overview={data} />
                    <Tiles counts={data.counts} />
                    <div className={styles.columns}>
                        <Deployment overview={data} />
                        {admin && <Recent />}
                    </div>
                </div>
            )}
        </Page>
    );
}
