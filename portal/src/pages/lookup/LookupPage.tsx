/* Numbers as somebody sent them, in a mail or a sheet: whose they are, how they are, and what can be done with those that are here. */
import { Button, Field, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { Delete20Regular, Edit20Regular, Search20Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { api, take } from '../../api/client';
import type { Lookup, Verdict } from '../../api/pending';
import { useRights } from '../../api/queries';
import { count, counted } from '../../base/text';
import { ChangedBy, CopyButton, DataTable, Empty, ErrorState, Loading, Page, PageLink, part, SaveAs, ServiceBadges, Status, useDraft, type Column } from '../../ui';
import { csvOf, entries, foundSet, isVerdict, NUMBERS_MAX, rowsOf, VERDICTS, type Row } from './set';
import { NumberStatus } from './Why';

const DeleteFound = part(async () => (await import('./Act')).DeleteFound);
const ChangeFound = part(async () => (await import('./Act')).ChangeFound);

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px' },
    box: { width: '100%', '& textarea': { fontFamily: tokens.fontFamilyMonospace, minHeight: '140px', maxHeight: '50vh' } },
    bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px' },
    push: { marginInlineStart: 'auto' },
    code: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
});

const VERDICT_WORDS: Record<Verdict, string> = { found: 'Found', unknown: 'Unknown', invalid: 'Invalid', repeated: 'Repeated' };
const dash = (text: string | undefined): ReactNode => text ?? '–';

const COLUMNS: readonly Column<Row>[] = [
    { id: 'input', header: 'Input', width: 'minmax(140px, 1.4fr)', card: 'title', cell: ({ input }) => input },
    { id: 'status', header: 'Status', width: '124px', card: 'beside', cell: (row) => (row.verdict === 'found' ? <NumberStatus item={row} /> : <Status value={row.verdict} />) },
    { id: 'number', header: 'Number', width: '158px', cell: ({ telephoneNumber, accountName }) => (accountName ? <PageLink href={`/accounts/${accountName}/numbers/${telephoneNumber}`}>{telephoneNumber}</PageLink> : dash(telephoneNumber)) },
    { id: 'account', header: 'Account', width: 'minmax(110px, 1fr)', cell: ({ accountName }) => (accountName ? <PageLink href={`/accounts/${accountName}`}>{accountName}</PageLink> : '–') },
    { id: 'services', header: 'Services', width: 'minmax(90px, 0.7fr)', cell: ({ services }) => (services ? <ServiceBadges services={services} /> : '–') },
    { id: 'assigned', header: 'Assigned', width: '132px', cell: ({ assignmentStatus }) => <Status value={assignmentStatus} /> },
    { id: 'by', header: 'Set by', width: 'minmax(150px, 1.4fr)', cell: ({ changedBy }) => <ChangedBy changed={changedBy} small /> },
];

/** `asked` is the text that the answer below it is about; both outlive a reload. */
interface Draft {
    text: string;
    asked: string;
}

function useLookup(text: string) {
    return useQuery({
        queryKey: ['numbers', 'lookup', text],
        queryFn: async ({ signal }) => (await take(api.POST('/numgate/v1/numbers:lookup', { params: {} as never, body: { text }, signal }))).data,
        enabled: text !== '',
        staleTime: 0,
        refetchOnWindowFocus: false,
    });
}

/** The verdict whose rows are shown; in the address. */
function useVerdict(): [Verdict | null, (verdict: Verdict | null) => void] {
    const [query, setQuery] = useSearchParams();
    const verdict = query.get('verdict');
    const choose = useCallback((next: Verdict | null) => setQuery(next ? { verdict: next } : {}, { replace: true }), [setQuery]);
    return [isVerdict(verdict) ? verdict : null, choose];
}

/** How many of each, and which are shown. */
function Counts({ lookup, verdict, onChoose }: { lookup: Lookup; verdict: Verdict | null; onChoose: (verdict: Verdict | null) => void }) {
    const styles = useStyles();
    const chip = (which: Verdict | null, words: string, n: number) => (
        <Button key={words} shape="circular" size="small" appearance={which === verdict ? 'primary' : 'secondary'} aria-pressed={which === verdict} onClick={() => onChoose(which)}>
            {`${words} ${count(n)}`}
        </Button>
    );
    return (
        <div role="group" aria-label="Show" className={styles.bar}>
            {chip(null, 'All', lookup.items.length)}
            {VERDICTS.map((which) => chip(which, VERDICT_WORDS[which], lookup.counts[which]))}
        </div>
    );
}

function Acts({ lookup }: { lookup: Lookup }) {
    const rights = useRights();
    const [open, setOpen] = useState<'change' | 'delete' | null>(null);
    const set = useMemo(() => foundSet(lookup), [lookup]);
    const close = () => setOpen(null);
    if (set.numbers.length === 0) return null;
    return (
        <>
            {rights.write && <Button icon={<Edit20Regular />} onClick={() => setOpen('change')}>Change found</Button>}
            {rights.delete && <Button icon={<Delete20Regular />} onClick={() => setOpen('delete')}>Delete found</Button>}
            <Suspense>
                {open === 'change' && <ChangeFound set={set} onClose={close} />}
                {open === 'delete' && <DeleteFound set={set} onClose={close} />}
            </Suspense>
        </>
    );
}

function Answer({ lookup }: { lookup: Lookup }) {
    const styles = useStyles();
    const [verdict, choose] = useVerdict();
    const rows = useMemo(() => rowsOf(lookup, verdict), [lookup, verdict]);
    return (
        <>
            <div className={styles.bar}>
                <Counts lookup={lookup} verdict={verdict} onChoose={choose} />
                <div className={`${styles.bar} ${styles.push}`}>
                    <Acts lookup={lookup} />
                    <CopyButton label="as CSV" text={() => csvOf(rows)}>Copy as CSV</CopyButton>
                    <SaveAs name="numbers.csv" type="text/csv" text={() => csvOf(rows)}>Download CSV</SaveAs>
                </div>
            </div>
            {rows.length > 0
                ? <DataTable label="Numbers that were looked up" columns={COLUMNS} rows={rows} rowKey={({ place }) => String(place)} cardsBelow={900} />
                : <Empty title={`None is ${VERDICT_WORDS[verdict ?? 'found'].toLowerCase()}`} action={<Button onClick={() => choose(null)}>Show all</Button>} />}
        </>
    );
}

export default function LookupPage() {
    const styles = useStyles();
    const { value: { text, asked }, set, clear } = useDraft<Draft>('lookup', { text: '', asked: '' });
    const { data, error, isFetching, refetch } = useLookup(asked);
    const form = useRef<HTMLFormElement>(null);
    const n = useMemo(() => entries(text), [text]);
    const tooMany = n > NUMBERS_MAX;
    const lookUp = () => {
        if (n === 0 || tooMany) return;
        if (text === asked) void refetch();
        set((now) => ({ ...now, asked: now.text }));
    };
    const empty = () => {
        set({ text: '', asked: '' });
        clear();
        form.current?.querySelector('textarea')?.focus(); // the button that was pressed is gone
    };
    return (
        <Page title="Look up" hint="Whose numbers are these? Paste them as you got them.">
            <div className={styles.stack}>
                <form ref={form} className={styles.stack} onSubmit={(event) => { event.preventDefault(); lookUp(); }}>
                    <Field
                        label="Numbers" {...(tooMany && { validationState: 'error' as const, validationMessage: `These are ${count(n)}; at most ${count(NUMBERS_MAX)} can be looked up at once.` })}
                        hint={`Up to ${count(NUMBERS_MAX)}, on lines of their own or separated by commas, semicolons or tabs. With the country code (+44 or 0044); blanks, dots, dashes, (0) and tel: do not matter.`}
                    >
                        <Textarea className={styles.box} value={text} spellCheck={false} onChange={(_, data) => set((now) => ({ ...now, text: data.value }))}
                            onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && lookUp()} />
                    </Field>
                    <div className={styles.bar}>
                        <Button type="submit" appearance="primary" icon={<Search20Regular />} disabled={n === 0 || tooMany} disabledFocusable={isFetching}>{n > 0 ? `Look up ${counted(n, 'number')}` : 'Look up'}</Button>
                        {text !== '' && <Button onClick={empty}>Clear</Button>}
                    </div>
                </form>
                {error && !isFetching && <ErrorState error={error} title="The numbers could not be looked up" retry={() => void refetch()} />}
                {asked !== '' && (data ? <Answer lookup={data} /> : isFetching && <Loading label="Looking up" />)}
            </div>
        </Page>
    );
}
