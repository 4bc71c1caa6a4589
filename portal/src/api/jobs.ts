/* Jobs: many numbers at once. What a job would do is previewed, row by row, before any of it is done. */
import { useInfiniteQuery, useQuery, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from '@tanstack/react-query';
import { api, raw, take } from './client';
import { following } from './list';
import type { Job, JobRequest, JobRow, JobState, Page } from './pending';
import { queryClient } from './queries';

const POLL_MS = 1000;
const AT_WORK: readonly JobState[] = ['previewing', 'queued', 'applying'];
export const isAtWork = (job: Job): boolean => AT_WORK.includes(job.state);
/** How soon it may be another: one that waits to be applied may be so from elsewhere; one that has ended stays as it is. */
const nextLook = (jobs: readonly Job[]): number | false => (jobs.some(isAtWork) ? POLL_MS : jobs.some(({ state }) => state === 'previewed') && 4 * POLL_MS);

/** Given by hand; it is being previewed when this returns. */
export async function submitJob(body: JobRequest): Promise<Job> {
    const { data } = await take(api.POST('/numgate/v1/jobs', { params: {} as never, body }));
    void queryClient.invalidateQueries({ queryKey: ['jobs'] });
    return data;
}

export const UPLOAD_BYTES_MAX = 8 * 1024 * 1024;
export const isJsonLines = (name: string): boolean => /\.(jsonl|ndjson|json)$/i.test(name);
export const uploadPath = (accountName: string): string => `/numgate/v1/jobs:upload?accountName=${encodeURIComponent(accountName)}`;

export async function uploadJob(file: File, accountName: string): Promise<Job> {
    const response = await raw('POST', uploadPath(accountName), file, isJsonLines(file.name) ? 'application/x-ndjson' : 'text/csv');
    void queryClient.invalidateQueries({ queryKey: ['jobs'] });
    return (await response.json()) as Job;
}

/** Followed until it has ended. */
export function useJob(jobId: string): UseQueryResult<Job> {
    return useQuery({
        queryKey: ['jobs', 'one', jobId],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/jobs/{jobId}', { params: { path: { jobId } }, signal }))).data,
        refetchInterval: ({ state }) => nextLook(state.data ? [state.data] : []),
    });
}

type Pages<T> = UseInfiniteQueryResult<InfiniteData<Page<T>>>;
const nextOf = (page: Page<unknown>) => page.nextLink;

/** Newest first; followed until all have ended. */
export function useJobs(): Pages<Job> {
    return useInfiniteQuery({
        queryKey: ['jobs', 'list'],
        queryFn: async ({ pageParam, signal }) =>
            pageParam ? ((await following(pageParam, signal)) as Page<Job>) : (await take(api.GET('/numgate/v1/jobs', { params: { query: { maxpagesize: 50 }, path: {} }, signal }))).data,
        initialPageParam: '',
        getNextPageParam: nextOf,
        refetchInterval: ({ state }) => nextLook(state.data?.pages.flatMap(({ value }) => value) ?? []),
    });
}

/** `of`: only rows of this verdict, or of this outcome. Followed while the job is at work. */
export function useJobRows(job: Job, of: Pick<Partial<JobRow>, 'verdict' | 'outcome'>): Pages<JobRow> {
    const jobId = job.id;
    return useInfiniteQuery({
        queryKey: ['jobs', 'rows', jobId, of],
        queryFn: async ({ pageParam, signal }) =>
            pageParam
                ? ((await following(pageParam, signal)) as Page<JobRow>)
                : (await take(api.GET('/numgate/v1/jobs/{jobId}/rows', { params: { query: { maxpagesize: 200, ...of }, path: { jobId } }, signal }))).data,
        initialPageParam: '',
        getNextPageParam: nextOf,
        enabled: job.state !== 'previewing',
        refetchInterval: isAtWork(job) ? 2 * POLL_MS : false,
    });
}

export type JobAction = 'apply' | 'cancel' | 'retry';

export async function tellJob(jobId: string, action: JobAction): Promise<void> {
    const params = { path: { jobId } };
    if (action === 'apply') await api.POST('/numgate/v1/jobs/{jobId}:apply', { params });
    else if (action === 'cancel') await api.POST('/numgate/v1/jobs/{jobId}:cancel', { params });
    else await api.POST('/numgate/v1/jobs/{jobId}:retry', { params });
    await queryClient.invalidateQueries({ queryKey: ['jobs'] });
}

const NEXT = /<([^>]+)>;\s*rel="next"/;

/** The whole result as CSV; a large one comes in parts, of which only the first has headings. */
export async function jobResult(jobId: string): Promise<Blob> {
    const parts: string[] = [];
    for (let path: string | undefined = `/numgate/v1/jobs/${jobId}/result`; path;) {
        const response: Response = await raw('GET', path);
        parts.push(await response.text());
        const link: string | undefined = NEXT.exec(response.headers.get('Link') ?? '')?.[1];
        const url: URL | undefined = link === undefined ? undefined : new URL(link, location.origin);
        path = url && url.pathname + url.search;
    }
    return new Blob(parts, { type: 'text/csv' });
}
