import { expect, test } from 'vitest';
import type { Job } from '../../api/pending';
import { consequencesOf, nothingToDo, partsOf, progressOf, titleOf, toDo } from './words';

const counts = { new: 2, changed: 0, same: 1, delete: 0, refused: 3, applied: 1, failed: 0, pending: 1 };
const job: Job = { id: 'x', kind: 'create', state: 'applying', accountName: 'contoso', submittedBy: 'Ada', own: true, createdAt: '2026-01-01T00:00:00Z', rows: 6, counts };

test('a job says what it is, what it does and how far it is', () => {
    expect(titleOf(job)).toBe('Create or replace 6 numbers of contoso');
    expect(toDo(job)).toBe(2);
    expect(progressOf(job)).toBe(0.5);
    expect(progressOf({ ...job, counts: { ...counts, applied: 0, pending: 0 } })).toBe(1);
});

test('why there is nothing to apply', () => {
    expect(nothingToDo(job)).toBe('There is nothing to apply: every row is refused, or is so already.');
    expect(nothingToDo({ ...job, rows: 0 })).toBe('The file has no rows.');
    expect(nothingToDo({ ...job, kind: 'delete', rows: 0 })).toBe('Nothing was chosen.');
});

test('only parts that have rows are offered', () => {
    expect(partsOf(job).map(({ text, n }) => [text, n])).toEqual([['all', 6], ['new', 2], ['same', 1], ['refused', 3], ['applied', 1], ['pending', 1]]);
    expect(partsOf({ ...job, state: 'previewed' }).map(({ text }) => text)).not.toContain('pending'); // nothing is on its way
    expect(partsOf(job, 'failed').map(({ text }) => text)).toContain('failed'); // is looked at: it stays while its rows go
});

test('what will happen is said before', () => {
    expect(consequencesOf(job)[0]).toBe('2 numbers are created.');
    expect(consequencesOf(job)).toContain('3 will not be touched, because they were refused.');
});
