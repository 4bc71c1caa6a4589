import { Button, makeStyles, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { api, type Account } from '../../api/client';
import { queryClient, useDeployment, useRfi, useRights } from '../../api/queries';
import { commandWith } from '../../base/shell';
import { Command, Empty, ErrorState, Page, PageButton, useDraft, useFieldErrors, useStart, useToast } from '../../ui';
import { Fields } from './Fields';
import { bodyOf, checkForm, EMPTY, nameFor, TARGETS, type AccountForm } from './form';

const useStyles = makeStyles({ stack: { display: 'flex', flexDirection: 'column', gap: '16px' }, actions: { display: 'flex', gap: '8px', flexWrap: 'wrap' } });
const FIELDS = Object.values(TARGETS);

/** The account a request asks for: its tenant, a name made of the company's, Operator Connect with sync. */
function useFromRequest(tenantId: string, fresh: boolean, set: (change: (now: AccountForm) => AccountForm) => void) {
    const rfi = useRfi(tenantId).data?.data;
    useEffect(() => {
        if (!rfi || !fresh) return;
        const company = rfi.contacts?.find(({ companyName }) => companyName)?.companyName;
        set((now) => (now.teamsTenantId !== '' ? now : {
            ...now, teamsTenantId: rfi.tenantId, name: now.name || nameFor(company ?? ''),
            services: { ...now.services, teamsOperatorConnect: { enabled: true, sync: true } },
        }));
    }, [rfi, fresh, set]);
}

function FromRequest(props: { tenantId: string; fresh: boolean; set: (change: (now: AccountForm) => AccountForm) => void }) {
    useFromRequest(props.tenantId, props.fresh, props.set);
    return null;
}

export default function CreateAccountPage() {
    const styles = useStyles();
    const toast = useToast();
    const [, navigate] = useLocation();
    const [query] = useSearchParams();
    const from = query.get('from');
    const { write } = useRights();
    const regions = useDeployment().data?.regions ?? [];
    const draft = useDraft<AccountForm>(`account-new:${from ?? ''}`, EMPTY);
    const [fresh] = useState(!draft.restored);
    const errors = useFieldErrors(FIELDS);
    const body = (): Account => bodyOf(draft.value, undefined, regions.length);
    const create = useMutation({
        mutationFn: () => api.PUT('/accounts/{accountName}', { params: { path: { accountName: draft.value.name.trim() }, header: { 'If-None-Match': '*' } }, body: body() }),
        onSuccess: async () => {
            const name = draft.value.name.trim();
            draft.clear();
            toast('Account created', name);
            await queryClient.invalidateQueries({ queryKey: ['accounts'] });
            void queryClient.invalidateQueries({ queryKey: ['requests'] });
            navigate(`/accounts/${name}`, { replace: true });
        },
        onError: (error) => errors.set(error),
    });
    const start = useStart(create);
    const submit = () => {
        if (create.isPending) return;
        errors.clear();
        const found = checkForm(draft.value, regions);
        if (Object.keys(found).length > 0) return errors.setOwn(found);
        start();
    };
    const exists = (create.error as { status?: number } | null)?.status === 412;
    const trail = from ? [{ text: 'Requests for Information', href: '/requests' }, { text: from, href: `/requests/${from}` }] : [{ text: 'Accounts', href: '/accounts' }];
    if (!write) return <Page title="Create account" trail={trail}><Empty title="You may look, but not create">Creating accounts needs the role ProvisioningAPI.WriteUser.</Empty></Page>;
    return (
        <Page title="Create account" trail={trail}>
            {from && <FromRequest tenantId={from} fresh={fresh} set={draft.set} />}
            <form className={styles.stack} noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
                {draft.restored && <MessageBar><MessageBarBody>What you had typed before is back.</MessageBarBody></MessageBar>}
                <Fields form={draft.value} set={(part) => draft.set((now) => ({ ...now, ...part }))} errors={errors} />
                {exists && (
                    <MessageBar intent="error" layout="multiline"><MessageBarBody>There is an account “{draft.value.name.trim()}” already. Choose another name, or open that one.</MessageBarBody></MessageBar>
                )}
                {errors.rest !== null && !exists && <ErrorState error={errors.rest} title="The account was not created" />}
                <div className={styles.actions}>
                    <Button type="submit" appearance="primary" disabledFocusable={create.isPending} {...(create.isPending && { icon: <Spinner size="tiny" /> })}>Create</Button>
                    <PageButton href={from ? `/requests/${from}` : '/accounts'} onLeave={draft.clear}>Cancel</PageButton>
                </div>
                {draft.value.name.trim() !== '' && (
                    <Command
                        request={{ method: 'PUT', path: `/accounts/${encodeURIComponent(draft.value.name.trim())}?api-version=2024-02-29-preview`, body: body(), headers: { 'If-None-Match': '*' } }}
                        numgate={commandWith(body(), 'numgate', 'account', 'put', draft.value.name.trim(), '-')}
                    />
                )}
            </form>
        </Page>
    );
}
