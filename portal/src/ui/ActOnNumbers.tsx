/* What can be done with many numbers: a job, which shows what it would do before it does anything. */
import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { syncs } from '../api/choices';
import { submitJob } from '../api/jobs';
import type { Account } from '../api/client';
import type { JobRequest } from '../api/pending';
import { useAccount, useApiRequired } from '../api/queries';
import { SERVICES } from '../base/services';
import { commandWith } from '../base/shell';
import { count, counted, sentence } from '../base/text';
import { faultsOf, HEADER_TARGET, KEEP, patchOf, SYNCED, type SettingsForm } from '../base/settings';
import { Command } from './Command';
import { ConfirmDialog } from './ConfirmDialog';
import { NumberSettings, settingsTargets } from './NumberSettings';
import { useFieldErrors } from './useFieldErrors';

const useStyles = makeStyles({
    quiet: { color: tokens.colorNeutralForeground2 },
});

const COMMAND_NUMBERS_MAX = 200;
const PREFIX = 'number.';
const FIELDS = settingsTargets(PREFIX);
const NONE: readonly string[] = [];

const PREVIEW = 'A job is made that shows what it would do to each number. Nothing happens before you apply it there.';

export interface NumberSet {
    count: number;
    /** Whether there may be more than `count`. */
    atLeast?: boolean;
    /** "12 numbers of WHOSE": an account, some accounts, a filter. */
    whose: string;
    /** The account, where it is one. */
    account?: string | undefined;
    /** How a job finds them. */
    choice: Pick<JobRequest, 'accountName' | 'filter' | 'telephoneNumbers'>;
    /** How many somebody in Teams uses, `atLeast` where that is set; undefined while it is being looked up, null when nobody can tell. */
    assigned: number | null | undefined;
    /** How many a back end has, or shall have, by service, as far as the server was asked. */
    released?: Readonly<Record<string, number>> | undefined;
    /** How many have a service that is on, where that is known. */
    services?: ReadonlyMap<string, number> | undefined;
}

const size = ({ count: n, atLeast }: NumberSet): string => `${atLeast ? 'at least ' : ''}${counted(n, 'number')}`;

function useJob() {
    const [, navigate] = useLocation();
    return async (body: JobRequest) => {
        const job = await submitJob(body);
        navigate(`/jobs/${job.id}`);
    };
}

/** The same for a script; not of a list that nobody can read. */
const JobCommand = ({ body }: { body: JobRequest }) =>
    (body.telephoneNumbers?.length ?? 0) > COMMAND_NUMBERS_MAX ? null : <Command request={{ method: 'POST', path: '/numgate/v1/jobs', body }} numgate={commandWith(body, 'numgate', 'job', 'create', '-')} />;

export interface ActProps {
    set: NumberSet;
    onClose: () => void;
}

/** Whether a back end has the numbers as well: what an account has says so, and the server of all that match. */
type Synchronized = boolean | 'perhaps';

function useSynchronized({ account: name = '', released }: NumberSet): { account: Account | undefined; synchronized: Synchronized | undefined } {
    const { data, isLoading } = useAccount(name, name !== '');
    const account = data?.data;
    if (isLoading) return { account, synchronized: undefined };
    return { account, synchronized: released !== undefined || (account ? SYNCED.some((key) => syncs(account, key)) : 'perhaps') };
}

function assignedLines({ assigned, atLeast }: NumberSet, synchronized: Synchronized | undefined): string[] {
    if (synchronized === false) return [];
    if (assigned === null) return ['How many of them are assigned in Teams could not be found out; those that are will be refused.'];
    if (!assigned) return [];
    const one = assigned === 1 && !atLeast;
    const when = synchronized === 'perhaps' ? (one ? ' where its account is synchronized' : ' where their account is synchronized') : '';
    return [`${atLeast ? 'At least ' : ''}${counted(assigned, 'number')} ${one ? 'is' : 'are'} assigned in Teams, and refused${when} until the customer has unassigned ${one ? 'it' : 'them'}.`];
}

/** What goes in a back end as well, without what is refused because it is assigned. Of numbers that were chosen one by one it is not known whether
 * their account is synchronized. */
function releasedLines({ released, services, assigned, atLeast }: NumberSet, launched: readonly string[]): string[] {
    const found = SERVICES.filter(({ sync }) => sync).map(({ key, name }) => ({ key, name, n: (released ?? Object.fromEntries(services ?? []))[key] ?? 0 })).filter(({ n }) => n > 0);
    return found.flatMap(({ key, name, n: all }) => {
        const held = launched.includes(key), n = held || found.length > 1 ? all : all - (assigned ?? 0);
        if (n <= 0) return [];
        const one = n === 1 && !atLeast, some = `${atLeast ? 'At least ' : ''}${counted(n, 'number')}`;
        const when = released ? '' : one ? ' if its account is synchronized' : ' if their account is synchronized';
        if (held) return [`${some} ${one ? 'has' : 'have'} ${name}, which is launched: ${one ? 'it is' : 'they are'} refused here${when}, and deleted through the API.`];
        return [`${some} ${one ? 'is' : 'are'} released in ${name}${when}.`];
    });
}

export function DeleteNumbers({ set, onClose }: ActProps) {
    const submit = useJob();
    const launched = useApiRequired();
    const { synchronized } = useSynchronized(set);
    const body: JobRequest = { kind: 'delete', ...set.choice };
    const lines = [
        sentence(`${size(set)} of ${set.whose}.`),
        ...releasedLines(set, launched),
        ...assignedLines(set, synchronized),
        PREVIEW,
    ];
    return (
        <ConfirmDialog title={`Delete ${size(set)}?`} action="Preview deletion" consequences={set.assigned === undefined || synchronized === undefined ? null : lines} onConfirm={() => submit(body)} onClose={onClose}>
            <JobCommand body={body} />
        </ConfirmDialog>
    );
}

/** What switching services off means. */
function offLines(set: NumberSet, form: SettingsForm, synchronized: Synchronized | undefined): string[] {
    const off = SERVICES.filter(({ key }) => form.services[key] === false);
    if (off.length === 0) return [];
    const lines = off.map(({ key, name }) => `${name} is switched off${set.services ? ` for ${counted(set.services.get(key) ?? 0, 'number')} that ${set.services.get(key) === 1 ? 'has' : 'have'} it` : ' where it is on'}: calls through it stop.`);
    return [...lines, ...(off.some(({ sync }) => sync) ? ['Where it is synchronized the back end releases the numbers, and their settings there are gone.', ...assignedLines(set, synchronized)] : [])];
}

export function ChangeNumbers({ set, onClose }: ActProps) {
    const styles = useStyles();
    const submit = useJob();
    const { account, synchronized } = useSynchronized(set);
    const known = synchronized !== undefined;
    const [form, setForm] = useState<SettingsForm>(KEEP);
    const errors = useFieldErrors(FIELDS);
    const patch = patchOf(form);
    const faults = faultsOf(form, 'many');
    const [seen, setSeen] = useState<readonly string[]>([]);
    const [missing] = Object.entries(faults).map(([target, fault]) => (target === HEADER_TARGET ? 'The custom SIP header is not right yet.' : fault));
    const body: JobRequest = { kind: 'change', ...set.choice, ...(patch && { number: patch as NonNullable<JobRequest['number']> }) };
    const run = async () => {
        errors.clear();
        try {
            await submit(body);
        } catch (error) {
            errors.set(error);
            throw error;
        }
    };
    const field = (target: string) => {
        const name = target.slice(PREFIX.length), fault = faults[name];
        const said = seen.includes(name) || (name === HEADER_TARGET && form.header); // what nobody has come to yet is not held against them
        return fault && said ? { validationState: 'error' as const, validationMessage: fault } : errors.field(target);
    };
    return (
        <ConfirmDialog
            title={`Change ${size(set)}`} action="Preview change" onConfirm={run} onClose={onClose} ready={patch !== null && missing === undefined}
            consequences={known ? [sentence(`${size(set)} of ${set.whose}.`), ...offLines(set, form, synchronized), PREVIEW] : null}
        >
            {known && (
                <div onBlur={() => setSeen(Object.keys(faults))}>
                    <NumberSettings
                        many form={form} onChange={setForm} errors={{ field }} prefix={PREFIX} account={account} numbers={set.choice.telephoneNumbers ?? NONE}
                        told={(key) => (set.services ? { hint: `On for ${count(set.services.get(key) ?? 0)} of ${count(set.count)}` } : undefined)}
                    />
                </div>
            )}
            {missing !== undefined || !patch ? <Text className={styles.quiet}>{missing ?? 'Choose what shall change.'}</Text> : <JobCommand body={body} />}
        </ConfirmDialog>
    );
}
