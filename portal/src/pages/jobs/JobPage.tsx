import { Button, makeStyles, MessageBar, MessageBarBody, MessageBarTitle, ProgressBar, Spinner, Tab, TabList, Text, tokens } from '@fluentui/react-components';
import { ArrowDownload20Regular, ArrowRepeatAll20Regular, Play20Regular, Stop20Regular } from '@fluentui/react-icons';
import { useMutation } from '@tanstack/react-query';
import { Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { isAtWork, jobResult, tellJob, useJob, useJobRows, type JobAction } from '../../api/jobs';
import type { Job, JobRow } from '../../api/pending';
import { queryClient, useRights } from '../../api/queries';
import { saveAs } from '../../base/save';
import { command } from '../../base/shell';
import { count, counted, whoText, wordsOf } from '../../base/text';
import { Command, DataTable, ErrorState, Facts, Loading, Page, PageLink, part, Section, Status, Time, useStart, type Column } from '../../ui';
import { KINDS, nothingToDo, partsOf, progressOf, titleOf, toDo } from './words';

const ApplyJob = part(async () => (await import('./ApplyJob')).ApplyJob);

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px' },
    live: { ':empty': { marginBottom: '-16px' } },
    tabs: { flexWrap: 'wrap' },
    quiet: { color: tokens.colorNeutralForeground2 },
    reason: { overflowWrap: 'anywhere' },
});

function columnsOf(reason: string, untouched: boolean): Column<JobRow>[] {
    return [
        { id: 'number', header: 'Number', width: 'minmax(150px, 1fr)', card: 'title', cell: (row) => row.telephoneNumber || `Row ${row.row}` },
        { id: 'verdict', header: 'Preview', width: '120px', card: 'beside', cell: (row) => <Status value={row.verdict} /> },
        { id: 'outcome', header: 'Outcome', width: '120px', cell: (row) => (untouched || row.verdict === 'refused' || row.verdict === 'same' ? '–' : <Status value={row.outcome} />) },
        { id: 'account', header: 'Account', width: 'minmax(110px, 1fr)', cell: (row) => (row.accountName ? <PageLink href={`/accounts/${row.accountName}`}>{row.accountName}</PageLink> : '–') },
        { id: 'why', header: 'Why', width: 'minmax(180px, 2fr)', cell: (row) => <span className={reason}>{row.message ? `${row.message} (${row.code ?? ''})` : '–'}</span> },
    ];
}

function Rows({ job }: { job: Job }) {
    const styles = useStyles();
    const [asked, setAsked] = useState(job.counts.refused > 0 && job.state === 'previewed' ? 'refused' : 'all');
    const parts = partsOf(job, asked);
    const part = parts.find(({ text }) => text === asked) ?? parts[0]!;
    const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useJobRows(job, part.of);
    const rows = useMemo(() => data?.pages.flatMap(({ value }) => value) ?? [], [data]);
    const untouched = job.state === 'previewed';
    const columns = useMemo(() => columnsOf(styles.reason, untouched), [styles.reason, untouched]);
    return (
        <Section title="Numbers">
            <TabList className={styles.tabs} selectedValue={part.text} onTabSelect={(_, { value }) => setAsked(value as string)}>
                {parts.map(({ text, n }) => <Tab key={text} value={text}>{`${wordsOf(text)} (${count(n)})`}</Tab>)}
            </TabList>
            {!data ? (error ? <ErrorState error={error} title="The rows could not be read" retry={() => void refetch()} /> : <Loading />)
                : rows.length === 0 ? <Text className={styles.quiet}>None.</Text>
                : <DataTable label="Numbers of the job" columns={columns} rows={rows} rowKey={(row) => `${row.row}/${row.telephoneNumber}`} rowName={({ telephoneNumber }) => telephoneNumber} total={part.n} />}
            {hasNextPage && <Button disabledFocusable={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button>}
        </Section>
    );
}

function Progress({ job }: { job: Job }) {
    const styles = useStyles();
    if (job.state === 'previewing') return <Spinner size="tiny" labelPosition="after" label={`Looking at what it would do: ${counted(job.rows, 'number')} so far`} />;
    if (job.state !== 'queued' && job.state !== 'applying') return null;
    return (
        <div>
            <ProgressBar value={progressOf(job)} thickness="large" aria-label="How far the job is" />
            <Text size={200} className={styles.quiet}>{count(job.counts.applied + job.counts.failed)} of {count(job.counts.applied + job.counts.failed + job.counts.pending)}. It goes on when you leave this page.</Text>
        </div>
    );
}

/** What somebody with these rights can do with the job now. An administrator may cancel everybody's, but a job is applied by whoever asked for it. */
function useActions(job: Job | undefined) {
    const rights = useRights();
    const own = job?.own === true;
    const may = own && (job.kind === 'delete' ? rights.delete : rights.write);
    return {
        foreign: job !== undefined && !own,
        apply: may && job?.state === 'previewed' && toDo(job) > 0,
        cancel: (may || rights.admin) && (job?.state === 'previewing' || job?.state === 'previewed' || job?.state === 'queued' || job?.state === 'applying'),
        retry: may && job?.state === 'done' && job.counts.failed > 0,
    };
}

/** When the job has got further: lists of numbers are read again once it has ended, and who pressed a button that is gone is at the heading. */
function useFurther(job: Job | undefined) {
    const was = useRef<string>(undefined);
    useEffect(() => {
        if (was.current && was.current !== job?.state && job) {
            if (!isAtWork(job)) for (const name of ['numbers', 'accounts', 'jobs', 'overview']) void queryClient.invalidateQueries({ queryKey: [name] });
            if (document.activeElement === document.body) document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
        }
        was.current = job?.state;
    }, [job]);
}

function Result({ job }: { job: Job }) {
    const download = useMutation({ mutationFn: async () => saveAs(await jobResult(job.id), `job-${job.id}.csv`) });
    const start = useStart(download);
    return (
        <>
            <Button icon={download.isPending ? <Spinner size="tiny" /> : <ArrowDownload20Regular />} disabledFocusable={download.isPending} onClick={() => start()}>Result as CSV</Button>
            {download.error && <ErrorState error={download.error} title="The result could not be read" />}
        </>
    );
}

export default function JobPage({ jobId = '' }: { jobId?: string | undefined }) {
    const styles = useStyles();
    const { data: job, error, refetch } = useJob(jobId);
    const [asking, setAsking] = useState(false);
    const actions = useActions(job);
    const tell = useMutation({ mutationFn: (action: JobAction) => tellJob(jobId, action) });
    const start = useStart(tell);
    useFurther(job);
    const trail = [{ text: 'Jobs', href: '/jobs' }];
    if (!job) return <Page title="Job" trail={trail}>{error ? <ErrorState error={error} title="The job could not be read" retry={() => void refetch()} /> : <Loading />}</Page>;
    return (
        <Page
            title={titleOf(job)} trail={trail} beside={<Status value={job.state} />}
            actions={<>
                {job.state !== 'previewing' && <Result job={job} />}
                {actions.cancel && <Button icon={<Stop20Regular />} disabledFocusable={tell.isPending} onClick={() => start('cancel')}>{job.state === 'previewed' ? 'Throw away' : 'Cancel'}</Button>}
                {actions.retry && <Button icon={<ArrowRepeatAll20Regular />} disabledFocusable={tell.isPending} onClick={() => start('retry')}>Try failed rows again</Button>}
                {actions.apply && <Button appearance="primary" icon={<Play20Regular />} onClick={() => setAsking(true)}>Apply</Button>}
            </>}
        >
            <div className={styles.stack}>
                <div aria-live="polite" className={styles.live}><Progress job={job} /></div>
                {tell.error && <ErrorState error={tell.error} />}
                {job.error && <MessageBar intent="error" layout="multiline"><MessageBarBody><MessageBarTitle>The job failed</MessageBarTitle>{job.error.message} ({job.error.code})</MessageBarBody></MessageBar>}
                {job.state === 'previewed' && actions.foreign && <MessageBar><MessageBarBody>Only {whoText(job.submittedBy)} can apply this job; you can throw it away.</MessageBarBody></MessageBar>}
                {job.state === 'previewed' && toDo(job) === 0 && <MessageBar><MessageBarBody>{nothingToDo(job)}</MessageBarBody></MessageBar>}
                <Section title="Job">
                    <Facts facts={[
                        ['What', KINDS[job.kind]], ['Account', job.accountName && <PageLink href={`/accounts/${job.accountName}`}>{job.accountName}</PageLink>], ['Filter', job.filter],
                        ['By', whoText(job.submittedBy)], ['Submitted', <Time key="at" at={job.createdAt} />],
                        ['Begun', job.startedAt && <Time key="from" at={job.startedAt} />], ['Ended', job.endedAt && <Time key="to" at={job.endedAt} />],
                    ]} />
                    <Command request={{ method: 'GET', path: `/numgate/v1/jobs/${job.id}` }} numgate={command('numgate', 'job', 'show', job.id)} />
                </Section>
                {job.state !== 'previewing' && job.rows > 0 && <Rows job={job} />}
            </div>
            <Suspense fallback={null}>{asking && <ApplyJob job={job} onClose={() => setAsking(false)} />}</Suspense>
        </Page>
    );
}
