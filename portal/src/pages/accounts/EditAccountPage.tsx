import { Button, makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Spinner } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { api, take, type Account, type Answer } from '../../api/client';
import { ApiError } from '../../api/error';
import { queryClient, useAccount, useDeployment, useRights } from '../../api/queries';
import { differences, merged, type Difference } from '../../base/merge';
import { commandWith } from '../../base/shell';
import { Command, Conflict, Empty, ErrorState, Loading, Page, PageButton, PageLink, useDraft, useFieldErrors, useStart, useToast } from '../../ui';
import { Fields } from './Fields';
import { bodyOf, checkForm, formOf, TARGETS, type AccountForm } from './form';
import { PARTS } from './parts';

const useStyles = makeStyles({ stack: { display: 'flex', flexDirection: 'column', gap: '16px' }, actions: { display: 'flex', gap: '8px', flexWrap: 'wrap' }, conflict: { maxWidth: '760px', outlineStyle: 'none', ':empty': { marginBottom: '-16px' } } });
const FIELDS = Object.values(TARGETS);

/** What was typed, with the version it was typed upon: a restored draft is compared with that one. */
interface Draft {
    form: AccountForm;
    base: AccountForm;
    etag: string | undefined;
}

const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** It was there when the page was opened. */
function Gone({ name }: { name: string }) {
    return (
        <MessageBar intent="warning" layout="multiline" role="alert">
            <MessageBarBody>
                <MessageBarTitle>There is no account “{name}” any more.</MessageBarTitle>
                It was deleted meanwhile. What you typed is still here; it cannot be saved. <PageLink href="/accounts">See all accounts</PageLink>
            </MessageBarBody>
        </MessageBar>
    );
}

function Editor({ answer }: { answer: Answer<Account> }) {
    const styles = useStyles();
    const toast = useToast();
    const [, navigate] = useLocation();
    const regions = useDeployment().data?.regions ?? [];
    const { name } = answer.data;
    const [stored, setStored] = useState(answer.data);
    const draft = useDraft<Draft>(`account:${name}`, { form: formOf(answer.data), base: formOf(answer.data), etag: answer.etag });
    const [conflict, setConflict] = useState<Difference[] | null>(null);
    const conflictHead = useRef<HTMLDivElement>(null);
    const errors = useFieldErrors(FIELDS);
    const { form, base, etag } = draft.value;
    const wanted = conflict ? merged(PARTS, form, formOf(stored), conflict) : form;
    const body = () => bodyOf(wanted, stored, regions.length);

    const meet = async () => {
        const now = await take(api.GET('/accounts/{accountName}', { params: { path: { accountName: name } } }));
        const theirs = formOf(now.data);
        setStored(now.data);
        setConflict(differences(PARTS, base, wanted, theirs));
        draft.set({ form: wanted, base: theirs, etag: now.etag });
        conflictHead.current?.focus();
    };
    const save = useMutation({
        mutationFn: () => api.PUT('/accounts/{accountName}', { params: { path: { accountName: name }, header: { ...(etag && { 'If-Match': etag }) } }, body: body() }),
        onSuccess: async () => {
            draft.clear();
            toast('Account saved', name);
            await queryClient.invalidateQueries({ queryKey: ['accounts'] });
            navigate(`/accounts/${name}`, { replace: true });
        },
        onError: async (error) => {
            if (!(error instanceof ApiError) || error.status !== 412) return errors.set(error);
            try {
                await meet();
            } catch (failure) {
                errors.set(failure);
                if (isGone(failure)) void queryClient.invalidateQueries({ queryKey: ['accounts'], refetchType: 'none' }); // lists are read again when they are looked at
            }
        },
    });
    const start = useStart(save);
    const submit = () => {
        if (save.isPending) return;
        errors.clear();
        const found = checkForm(wanted, regions);
        if (Object.keys(found).length > 0) return errors.setOwn(found);
        start();
    };
    return (
        <form className={styles.stack} noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
            {draft.restored && <MessageBar><MessageBarBody>What you had typed before is back. <Button size="small" onClick={() => { draft.clear(); location.reload(); }}>Throw it away</Button></MessageBarBody></MessageBar>}
            <div ref={conflictHead} tabIndex={-1} role="alert" className={styles.conflict}>{conflict && <Conflict what="account" found={conflict} onChange={setConflict} />}</div>
            <Fields form={wanted} stored={stored} errors={errors} set={(part) => {
                if (conflict) setConflict(null); // from here on what the form shows is what is meant
                draft.set((now) => ({ ...now, form: { ...wanted, ...part } }));
            }} />
            {isGone(errors.rest) ? <Gone name={name} /> : errors.rest !== null && <ErrorState error={errors.rest} title="The account was not saved" />}
            <div className={styles.actions}>
                <Button type="submit" appearance="primary" disabledFocusable={save.isPending} {...(save.isPending && { icon: <Spinner size="tiny" /> })}>{conflict ? 'Save these' : 'Save'}</Button>
                <PageButton href={`/accounts/${name}`} onLeave={draft.clear}>Cancel</PageButton>
            </div>
            <Command
                request={{ method: 'PUT', path: `/accounts/${name}?api-version=2024-02-29-preview`, body: body(), ...(etag && { headers: { 'If-Match': etag } }) }}
                numgate={commandWith(body(), 'numgate', 'account', 'put', name, '-', ...(etag ? ['--if-match', etag] : []))}
            />
        </form>
    );
}

export default function EditAccountPage({ accountName = '' }: { accountName?: string }) {
    const { data, error, refetch } = useAccount(accountName);
    const { write } = useRights();
    return (
        <Page title={`Manage ${accountName}`} trail={[{ text: 'Accounts', href: '/accounts' }, { text: accountName, href: `/accounts/${accountName}` }]}>
            {!write ? <Empty title="You may look, but not change">Changing accounts needs the role ProvisioningAPI.WriteUser.</Empty>
                : data ? <Editor answer={data} />
                : error ? <ErrorState error={error} title="The account could not be read" retry={() => void refetch()} /> : <Loading />}
        </Page>
    );
}
