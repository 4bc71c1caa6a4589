/* Neighbouring numbers with equal settings as one line, and the gaps between them; a line is changed or deleted as a whole. */
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { Delete20Regular, Edit20Regular, TextBulletListSquareRegular } from '@fluentui/react-icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Suspense, useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, take } from '../../api/client';
import { following, POLL_MS } from '../../api/list';
import type { Block, Page as PageOf } from '../../api/pending';
import { useApiRequired, useRights } from '../../api/queries';
import { betweenFilter, rangeText } from '../../base/e164';
import { count, counted } from '../../base/text';
import { ApiRequiredNote, DataTable, Empty, ErrorState, Hint, Loading, Page, PageButton, PageLink, part, ServiceBadges, Status, useMatchingSet, type Column } from '../../ui';
import { linesOf, type Line } from './lines';

const ChangeNumbers = part(async () => (await import('../../ui/ActOnNumbers')).ChangeNumbers);
const DeleteNumbers = part(async () => (await import('../../ui/ActOnNumbers')).DeleteNumbers);

const useStyles = makeStyles({
    gap: { color: tokens.colorNeutralForeground2, fontStyle: 'italic' },
    note: { marginBottom: '12px' },
    acts: { display: 'inline-flex', gap: '4px' },
});

const numbersOf = ({ from, to, accountName }: Block) => `/accounts/${accountName}/numbers?filter=${encodeURIComponent(betweenFilter(from, to))}`;

interface Act {
    block: Block;
    kind: 'change' | 'delete';
}

/** What can be done with a line by who is signed in. */
function Acts({ block, onAct }: { block: Block; onAct: (act: Act) => void }) {
    const styles = useStyles();
    const rights = useRights();
    const range = rangeText(block.from, block.to);
    return (
        <span className={styles.acts}>
            {rights.write && <Hint label content={`Manage ${range}`}><Button size="small" appearance="subtle" icon={<Edit20Regular />} onClick={() => onAct({ block, kind: 'change' })} /></Hint>}
            {rights.delete && <Hint label content={`Delete ${range}`}><Button size="small" appearance="subtle" icon={<Delete20Regular />} onClick={() => onAct({ block, kind: 'delete' })} /></Hint>}
        </span>
    );
}

/** The numbers of a block as they are now, as a job finds them: by account and filter. */
function Acting({ act: { block, kind }, onClose }: { act: Act; onClose: () => void }) {
    const { accountName, from, to, services, count: n } = block;
    const choice = useMemo(() => ({ accountName, filter: betweenFilter(from, to) }), [accountName, from, to]);
    const matching = useMatchingSet(true, choice, accountName, n);
    const set = { ...matching, services: new Map(services.map((key) => [key, matching.count])) };
    return kind === 'change' ? <ChangeNumbers set={set} onClose={onClose} /> : <DeleteNumbers set={set} onClose={onClose} />;
}

function columnsOf(quiet: string, mayAct: boolean, onAct: (act: Act) => void): Column<Line>[] {
    return [
        { id: 'range', header: 'Numbers', width: 'minmax(186px, 1.6fr)', card: 'title', cell: ({ block, gap }) => (block ? <PageLink href={numbersOf(block)}>{rangeText(block.from, block.to)}</PageLink> : <span className={quiet}>{counted(gap!, 'number')} not in use</span>) },
        { id: 'status', header: 'Status', width: '108px', card: 'beside', cell: ({ block }) => block && <Status value={block.serviceProvisioningStatus} /> },
        { id: 'count', header: 'Count', width: '80px', align: 'end', cell: ({ block }) => block && count(block.count) },
        { id: 'account', header: 'Account', width: 'minmax(100px, 1fr)', cell: ({ block }) => block && <PageLink href={`/accounts/${block.accountName}`}>{block.accountName}</PageLink> },
        { id: 'services', header: 'Services', width: 'minmax(84px, 1fr)', cell: ({ block }) => block && <ServiceBadges services={block.services} /> },
        { id: 'header', header: 'SIP header', width: 'minmax(84px, 1fr)', cell: ({ block }) => block && (block.customSipHeader ?? '–') },
        ...(mayAct ? [{ id: 'acts', header: 'Actions', width: '84px', cell: ({ block }: Line) => block && <Acts block={block} onAct={onAct} /> }] : []),
    ];
}

function useBlocks(accountName: string | null) {
    return useInfiniteQuery({
        queryKey: ['numbers', 'blocks', accountName],
        queryFn: async ({ pageParam, signal }) => {
            if (pageParam) return (await following(pageParam, signal)) as PageOf<Block>;
            const query = { maxpagesize: 200, ...(accountName !== null && { accountName }) };
            return (await take(api.GET('/numgate/v1/numbers:blocks', { params: { query, path: {} }, signal }))).data;
        },
        initialPageParam: '',
        getNextPageParam: ({ nextLink }) => nextLink,
        refetchInterval: ({ state }) => (state.data?.pages.some(({ value }) => value.some(({ serviceProvisioningStatus }) => serviceProvisioningStatus === 'pending')) ? 2 * POLL_MS : false),
    });
}

export default function BlocksPage() {
    const styles = useStyles();
    const account = useSearchParams()[0].get('accountName');
    const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useBlocks(account);
    const lines = useMemo(() => linesOf(data?.pages.flatMap(({ value }) => value) ?? []), [data]);
    const rights = useRights();
    const launched = useApiRequired();
    const [act, setAct] = useState<Act | null>(null);
    const mayAct = rights.write || rights.delete;
    const columns = useMemo(() => columnsOf(styles.gap, mayAct, setAct), [styles.gap, mayAct]);
    const trail = account === null ? [{ text: 'Numbers', href: '/numbers' }] : [{ text: account, href: `/accounts/${account}` }, { text: 'Numbers', href: `/accounts/${account}/numbers` }];
    return (
        <Page title={account === null ? 'Blocks of numbers' : `Blocks of ${account}`} trail={trail} hint="Neighbours with the same account, services, status and header are one line."
            actions={<PageButton href={account === null ? '/numbers' : `/accounts/${account}/numbers`}>One by one</PageButton>}>
            {launched.length > 0 && <div className={styles.note}><ApiRequiredNote services={launched} /></div>}
            {!data ? (error ? <ErrorState error={error} title="The blocks could not be read" retry={() => void refetch()} /> : <Loading />)
                : lines.length === 0 ? <Empty icon={<TextBulletListSquareRegular />} title="No numbers yet">Blocks show once there are some.</Empty>
                    : <DataTable label="Blocks" columns={columns} rows={lines} rowKey={({ id }) => id} cardsBelow={740} />}
            {hasNextPage && <Button disabledFocusable={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button>}
            <Suspense fallback={null}>{act && <Acting act={act} onClose={() => setAct(null)} />}</Suspense>
        </Page>
    );
}
