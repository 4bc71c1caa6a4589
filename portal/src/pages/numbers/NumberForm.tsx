/* The settings of one number, changed by hand. Two people who do so at once are both heard. */
import { Button, makeStyles, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { Suspense, useEffect, useRef, useState } from 'react';
import { syncs } from '../../api/choices';
import { api, take, type Account, type Answer, type NumberResource } from '../../api/client';
import { ApiError } from '../../api/error';
import { fetchNumber, numberKey, queryClient } from '../../api/queries';
import { differences, merged, type Difference } from '../../base/merge';
import type { ServiceKey } from '../../base/services';
import { faultsOf, formOf, isSynced, PARTS, settingsOf, switchedOff, type SettingsForm } from '../../base/settings';
import { commandWith } from '../../base/shell';
import { Command, Conflict, ErrorState, NumberSettings, PageButton, part, settingsTargets, useDraft, useFieldErrors, useStart, useToast } from '../../ui';
import { isAssignedIn } from './rows';

const SwitchOff = part(async () => (await import('./ActOnNumber')).SwitchOff);

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px', minWidth: 0 },
    actions: { display: 'flex', gap: '8px', flexWrap: 'wrap' },
    conflict: { outlineStyle: 'none', ':empty': { marginBottom: '-16px' } },
});
const FIELDS = settingsTargets();

/** What was typed, with the version it was typed upon. */
interface Draft {
    form: SettingsForm;
    base: SettingsForm;
    etag: string | undefined;
}

const sameForm = (a: SettingsForm, b: SettingsForm): boolean => JSON.stringify(a) === JSON.stringify(b);
const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** The back end has given it to somebody: it cannot be released. */
const isHeld = (number: NumberResource, account: Account, key: ServiceKey): boolean =>
    isSynced(key) && syncs(account, key) && isAssignedIn(number, key);

export function NumberForm({ answer, account }: { answer: Answer<NumberResource>; account: Account }) {
    const styles = useStyles();
    const toast = useToast();
    const { accountName, telephoneNumber } = answer.data;
    const path = { accountName, telephoneNumber };
    const draft = useDraft<Draft | null>(`number:${accountName}:${telephoneNumber}`, null);
    const [conflict, setConflict] = useState<Difference[] | null>(null);
    const [asking, setAsking] = useState<ServiceKey[] | null>(null);
    const conflictHead = useRef<HTMLDivElement>(null);
    const errors = useFieldErrors(FIELDS);
    const stored = answer.data;
    const { form, base, etag } = draft.value ?? { form: formOf(stored), base: formOf(stored), etag: answer.etag };
    const wanted = conflict ? merged(PARTS, form, base, conflict) : form;
    const bodyOf = (settings: SettingsForm) => ({ telephoneNumber, accountName, ...settingsOf(settings, stored) }) as NumberResource;
    const body = bodyOf(wanted);
    const off = switchedOff(formOf(stored), wanted);
    const latest = useRef(wanted); // what is typed while something is under way stays
    useEffect(() => {
        latest.current = wanted;
    });
    const forget = () => {
        setConflict(null);
        errors.clear();
        draft.set(null);
        draft.clear();
    };

    const change = (next: SettingsForm, upon: Omit<Draft, 'form'> = { base, etag }) => {
        setConflict(null); // from here on what the form shows is what is meant
        draft.set({ form: next, ...upon });
    };
    const meet = async () => {
        const now = await fetchNumber(accountName, telephoneNumber);
        const theirs = formOf(now.data);
        queryClient.setQueryData(numberKey(accountName, telephoneNumber), now);
        setConflict(differences(PARTS, base, latest.current, theirs));
        draft.set({ form: latest.current, base: theirs, etag: now.etag });
        conflictHead.current?.focus();
    };
    const save = useMutation({
        mutationFn: (sent: SettingsForm) => take(api.PUT('/accounts/{accountName}/numbers/{telephoneNumber}', { params: { path, header: { ...(etag && { 'If-Match': etag }) } }, body: bodyOf(sent) })),
        onSuccess: (now, sent) => {
            toast('Number saved', telephoneNumber);
            queryClient.setQueryData(numberKey(accountName, telephoneNumber), now);
            if (sameForm(latest.current, sent)) forget();
            else change(latest.current, { base: formOf(now.data), etag: now.etag });
            void queryClient.invalidateQueries({ queryKey: ['numbers'] });
        },
        onError: async (error) => {
            if (!(error instanceof ApiError) || error.status !== 412) return errors.set(error);
            try {
                await meet();
            } catch (failure) {
                errors.set(failure);
                if (isGone(failure)) void queryClient.invalidateQueries({ queryKey: numberKey(accountName, telephoneNumber) });
            }
        },
    });
    const start = useStart(save);
    const submit = () => {
        if (save.isPending) return;
        errors.clear();
        const found = faultsOf(wanted);
        if (Object.keys(found).length > 0) return errors.setOwn(found);
        if (off.length > 0) setAsking(off);
        else start(wanted);
    };
    return <>
        <form className={styles.stack} noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
            {draft.restored && draft.value && <MessageBar><MessageBarBody>What you had typed before is back. <Button size="small" disabledFocusable={save.isPending} onClick={forget}>Throw it away</Button></MessageBarBody></MessageBar>}
            <div ref={conflictHead} tabIndex={-1} role="alert" className={styles.conflict}>{conflict && <Conflict what="number" found={conflict} onChange={setConflict} />}</div>
            <NumberSettings
                form={wanted} onChange={(next) => change(next)} errors={errors} account={account} numbers={[telephoneNumber]}
                told={(key) => (isHeld(stored, account, key) ? { hint: 'Assigned to somebody in Teams: the customer has to unassign it before it can be switched off.', held: wanted.services[key] === true } : undefined)}
            />
            {errors.rest !== null && <ErrorState error={errors.rest} title="The number was not saved" />}
            <div className={styles.actions}>
                <Button type="submit" appearance="primary" disabledFocusable={save.isPending} {...(save.isPending && { icon: <Spinner size="tiny" /> })}>{conflict ? 'Save these' : 'Save'}</Button>
                <PageButton href={`/accounts/${accountName}/numbers`} onLeave={draft.clear}>Cancel</PageButton>
            </div>
            <Command
                request={{ method: 'PUT', path: `/accounts/${accountName}/numbers/${telephoneNumber}?api-version=2024-02-29-preview`, body, ...(etag && { headers: { 'If-Match': etag } }) }}
                numgate={commandWith(body, 'numgate', 'number', 'put', accountName, telephoneNumber, '-', ...(etag ? ['--if-match', etag] : []))}
            />
        </form>
        {asking && <Suspense><SwitchOff number={stored} account={account} services={asking} onConfirm={() => save.mutateAsync(wanted).catch(() => {})} onClose={() => setAsking(null)} /></Suspense>}
    </>;
}
