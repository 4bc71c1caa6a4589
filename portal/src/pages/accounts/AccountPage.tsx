import { Button, makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components';
import { Delete20Regular, Edit20Regular, NumberSymbol20Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect, useRef, useState } from 'react';
import { api, take, type Account } from '../../api/client';
import { useAccount, useApiRequired, useConfigured, useRights } from '../../api/queries';
import { SERVICES } from '../../base/services';
import { count, counted } from '../../base/text';
import { ApiRequiredNote, ChangedBy, Command, ErrorState, Facts, Loading, Page, PageButton, PageLink, part, reasonOf, Section, Status } from '../../ui';
import { Addresses } from './Addresses';
import { Dns } from './Dns';
import { storedService } from './form';
import { Sync } from './Sync';
import { command } from '../../base/shell';

const DeleteAccount = part(async () => (await import('./DeleteAccount')).DeleteAccount);

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px' },
    columns: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(360px, 100%), 1fr))', gap: '16px', alignItems: 'start' },
    services: { listStyleType: 'none', margin: 0, padding: 0 },
    service: { display: 'flex', flexWrap: 'wrap', justifyContent: 'space-between', gap: '2px 12px', padding: '8px 0', borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, ':last-child': { borderBottom: 'none' } },
    quiet: { color: tokens.colorNeutralForeground2 },
    anchor: { display: 'flex', flexDirection: 'column', gap: '16px', scrollMarginTop: '64px', outlineStyle: 'none' },
});

function useChangedBy(accountName: string) {
    return useQuery({
        queryKey: ['accounts', 'known', [accountName]],
        queryFn: async ({ signal }) => {
            const { data } = await take(api.POST('/numgate/v1/accounts:lookup', { params: {} as never, body: { accountNames: [accountName] }, signal }));
            return data.items[0] ?? null;
        },
    });
}

function Services({ account }: { account: Account }) {
    const styles = useStyles();
    const on = SERVICES.filter(({ key }) => storedService(account, key)?.enabled);
    if (on.length === 0) return <>No service is enabled.</>;
    return (
        <ul className={styles.services}>
            {on.map(({ key, name, sync }) => {
                const stored = storedService(account, key);
                return (
                    <li key={key} className={styles.service}>
                        <span>{name}{sync && <span className={styles.quiet}> · {stored?.syncEnabled ? 'synchronized' : 'not synchronized'}</span>}</span>
                        <span className={styles.quiet}>{counted(stored?.numberCount ?? 0, 'number')}</span>
                    </li>
                );
            })}
        </ul>
    );
}

/** `#dns` in the address: goes there once it is there. */
function useAnchor(id: string, there: boolean) {
    const ref = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (!there || location.hash !== `#${id}`) return;
        ref.current?.scrollIntoView();
        ref.current?.focus({ preventScroll: true });
    }, [id, there]);
    return ref;
}

function Detail({ account }: { account: Account }) {
    const styles = useStyles();
    const known = useChangedBy(account.name).data;
    const apiRequired = useApiRequired();
    const launched = apiRequired.filter((key) => account.serviceDetails?.[key]?.enabled);
    const routing = account.serviceDetails?.teamsDirectRouting?.enabled === true;
    const hasBackEnd = useConfigured('sync');
    const synced = hasBackEnd && SERVICES.some(({ key, sync }) => sync && storedService(account, key)?.syncEnabled);
    const dns = useAnchor('dns', true);
    return (
        <div className={styles.stack}>
            {launched.length > 0 && <ApiRequiredNote services={launched} />}
            {account.serviceProvisioningStatus === 'failed' && (
                <MessageBar intent="error" layout="multiline">
                    <MessageBarBody><MessageBarTitle>This account could not be sent to the back end.</MessageBarTitle>{reasonOf(account.serviceProvisioningErrors)}. Saving it again tries again.</MessageBarBody>
                </MessageBar>
            )}
            <div className={styles.columns}>
                <Section title="Account">
                    <Facts facts={[
                        ['Teams tenant ID', account.serviceDetails?.teamsTenantId && <PageLink href={`/requests/${account.serviceDetails.teamsTenantId}`}>{account.serviceDetails.teamsTenantId}</PageLink>],
                        ['Correlation ID', account.correlationId],
                        ['Numbers', known && <PageLink href={`/accounts/${account.name}/numbers`}>{count(known.numbers)}</PageLink>],
                        ['Set by', known?.changedBy && <ChangedBy changed={known.changedBy} />],
                    ]} />
                    <Command request={{ method: 'GET', path: `/accounts/${account.name}?api-version=2024-02-29-preview` }} numgate={command('numgate', 'account', 'show', account.name)} />
                </Section>
                <Section title="Services"><Services account={account} /></Section>
                {synced && <Sync accountName={account.name} />}
            </div>
            {routing && <div ref={dns} id="dns" tabIndex={-1} className={styles.anchor}><Dns account={account} /></div>}
            <Addresses accountName={account.name} />
        </div>
    );
}

export default function AccountPage({ accountName = '' }: { accountName?: string }) {
    const { data, error, refetch } = useAccount(accountName);
    const rights = useRights();
    const [deleting, setDeleting] = useState(false);
    const account = data?.data;
    return (
        <Page
            title={accountName} trail={[{ text: 'Accounts', href: '/accounts' }]}
            beside={account && <Status value={account.serviceProvisioningStatus} reason={reasonOf(account.serviceProvisioningErrors)} />}
            actions={account && <>
                {rights.delete && <Button icon={<Delete20Regular />} onClick={() => setDeleting(true)}>Delete account</Button>}
                {rights.write && <PageButton href={`/accounts/${accountName}/edit`} icon={<Edit20Regular />}>Manage account</PageButton>}
                <PageButton href={`/accounts/${accountName}/numbers`} appearance="primary" icon={<NumberSymbol20Regular />}>View numbers</PageButton>
            </>}
        >
            {account ? <Detail account={account} /> : error ? <ErrorState error={error} title="The account could not be read" retry={() => void refetch()} /> : <Loading />}
            {deleting && data && <Suspense><DeleteAccount answer={data} onClose={() => setDeleting(false)} /></Suspense>}
        </Page>
    );
}
