import { tellJob } from '../../api/jobs';
import type { Job } from '../../api/pending';
import { newNumbersApplied } from '../../base/newNumbers';
import { command } from '../../base/shell';
import { Command, ConfirmDialog } from '../../ui';
import { consequencesOf, titleOf } from './words';

/** Asks before a previewed job is applied. */
export function ApplyJob({ job, onClose }: { job: Job; onClose: () => void }) {
    const apply = async () => {
        await tellJob(job.id, 'apply');
        if (job.accountName) newNumbersApplied(job.accountName, job.id);
    };
    return (
        <ConfirmDialog title={`${titleOf(job)}?`} action="Apply" danger={job.kind === 'delete'} consequences={consequencesOf(job)} onConfirm={apply} onClose={onClose}>
            <Command request={{ method: 'POST', path: `/numgate/v1/jobs/${job.id}:apply` }} numgate={command('numgate', 'job', 'apply', job.id)} />
        </ConfirmDialog>
    );
}
