/* What is typed to create numbers by hand is kept until the job made from it is applied, so that one can come back from the preview. */
import type { SettingsForm } from './settings';
import { dropDraft, readDraft, writeDraft } from './draft';

export interface NewNumbers {
    list: string;
    settings: SettingsForm;
    /** The job that was made from it, as it is. */
    jobId?: string | undefined;
}

export const newNumbersKey = (accountName: string): string => `new-numbers:${accountName}`;

/** A job was made from what is kept, unless that was thrown away meanwhile. */
export function newNumbersSent(accountName: string, jobId: string): void {
    const kept = readDraft<NewNumbers>(newNumbersKey(accountName));
    if (kept) writeDraft(newNumbersKey(accountName), { ...kept, jobId });
}

/** It was applied: what it was made from is done with. */
export function newNumbersApplied(accountName: string, jobId: string): void {
    if (readDraft<NewNumbers>(newNumbersKey(accountName))?.jobId === jobId) dropDraft(newNumbersKey(accountName));
}
