import { Button } from '@fluentui/react-components';
import { TaskListSquareLtrRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { useJobs } from '../../api/jobs';
import type { Job } from '../../api/pending';
import { count, whoText } from '../../base/text';
import { DataTable, Empty, ErrorState, Loading, Page, PageLink, Status, Time, type Column } from '../../ui';
import { titleOf } from './words';

const COLUMNS: Column<Job>[] = [
    { id: 'what', header: 'Job', width: 'minmax(160px, 2fr)', card: 'title', cell: (job) => <PageLink href={`/jobs/${job.id}`}>{titleOf(job)}</PageLink> },
    { id: 'state', header: 'State', width: '160px', card: 'beside', cell: (job) => <Status value={job.state} reason={job.error?.message} /> },
    { id: 'applied', header: 'Applied', width: '80px', align: 'end', cell: ({ counts }) => count(counts.applied) },
    { id: 'refused', header: 'Refused or failed', width: '140px', align: 'end', cell: ({ counts }) => count(counts.refused + counts.failed) },
    { id: 'who', header: 'By', width: 'minmax(100px, 1fr)', cell: (job) => whoText(job.submittedBy) },
    { id: 'when', header: 'When', width: '132px', cell: (job) => <Time at={job.createdAt} since /> },
];

export default function JobsPage() {
    const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useJobs();
    const rows = useMemo(() => data?.pages.flatMap(({ value }) => value) ?? [], [data]);
    return (
        <Page title="Jobs" hint="Many numbers at once: looked at first, applied when you say so, with a result for each number. They go on without you.">
            {!data ? (error ? <ErrorState error={error} title="The jobs could not be read" retry={() => void refetch()} /> : <Loading />)
                : rows.length === 0 ? <Empty icon={<TaskListSquareLtrRegular />} title="No jobs yet">Creating, changing or deleting several numbers makes one.</Empty>
                    : <DataTable label="Jobs" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} rowName={titleOf} cardsBelow={776} />}
            {hasNextPage && <Button disabledFocusable={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button>}
        </Page>
    );
}
