/* What a job is called, and what it would do, in words. */
import type { Job, JobKind, RowOutcome, RowVerdict } from '../../api/pending';
import { count, counted } from '../../base/text';

export const KINDS: Record<JobKind, string> = { create: 'Create or replace', change: 'Change', delete: 'Delete' };

export function titleOf(job: Job): string {
    const whose = job.accountName ? ` of ${job.accountName}` : '';
    return `${KINDS[job.kind]} ${counted(job.rows, 'number')}${whose}`;
}

/** How many rows the job will do something with. */
export const toDo = ({ counts }: Job): number => counts.new + counts.changed + counts.delete;

/** Why there is nothing to apply. Only a file makes a job to create numbers that has no rows. */
export const nothingToDo = ({ rows, kind }: Job): string =>
    rows > 0 ? 'There is nothing to apply: every row is refused, or is so already.' : kind === 'create' ? 'The file has no rows.' : 'Nothing was chosen.';

export interface RowFilter {
    text: string;
    of: { verdict?: RowVerdict; outcome?: RowOutcome };
    n: number;
}

/** The parts of a job's rows that can be looked at, with how many there are: those that are not empty, and the one that is looked at. */
export function partsOf({ state, rows, counts }: Job, shown = 'all'): RowFilter[] {
    const verdicts = (['new', 'changed', 'delete', 'same', 'refused'] as const).map((verdict) => ({ text: verdict, of: { verdict }, n: counts[verdict] }));
    const outcomes = (['applied', 'failed', 'pending'] as const).map((outcome) => ({ text: outcome, of: { outcome }, n: state === 'previewed' ? 0 : counts[outcome] }));
    return [{ text: 'all', of: {}, n: rows }, ...verdicts, ...outcomes].filter(({ n, text }) => n > 0 || text === 'all' || text === shown);
}

/** What pressing Apply means, one line each. */
export function consequencesOf(job: Job): string[] {
    const { counts } = job;
    const line = (n: number, text: string) => (n > 0 ? [`${counted(n, 'number')} ${n === 1 ? 'is' : 'are'} ${text}.`] : []);
    return [
        ...line(counts.new, 'created'), ...line(counts.changed, 'changed'), ...line(counts.delete, 'deleted, and calls to them stop'),
        ...line(counts.same, 'left as they are: nothing would change'),
        ...(counts.refused > 0 ? [`${count(counts.refused)} will not be touched, because they were refused.`] : []),
        'Each number is looked at again; one that somebody changed since the preview is left alone.',
    ];
}

export const progressOf = ({ counts }: Job): number => {
    const done = counts.applied + counts.failed;
    return done + counts.pending === 0 ? 1 : done / (done + counts.pending);
};
