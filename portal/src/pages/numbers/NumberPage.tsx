import { Button, makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Text, tokens } from '@fluentui/react-components';
import { Delete20Regular, NumberSymbolSquareRegular } from '@fluentui/react-icons';
import { Suspense, useState, type ReactNode } from 'react';
import type { Account, Answer, NumberResource } from '../../api/client';
import { ApiError } from '../../api/error';
import { useAccount, useNumber, useRights } from '../../api/queries';
import { writeFilter } from '../../base/filter';
import { SYNCED } from '../../base/settings';
import { ApiRequiredNote, Empty, ErrorState, Loading, Page, PageButton, PageLink, part, reasonOf, Status, useLaunched } from '../../ui';
import { Failure, Known, ReadSettings } from './NumberFacts';
import { NumberForm } from './NumberForm';

const DeleteNumber = part(async () => (await import('./ActOnNumber')).DeleteNumber);

const useStyles = makeStyles({ stack: { display: 'flex', flexDirection: 'column', gap: '16px', maxWidth: '760px' }, quiet: { color: tokens.colorNeutralForeground2 } });

/** The launched services that the number has, and that are the programme's: then people look at it only. */
function useBound(number: NumberResource | undefined, account: Account | undefined) {
    const launched = useLaunched(account);
    return SYNCED.filter((key) => number?.serviceDetails[key]?.enabled && launched(key));
}

/** It was there when the page was opened. */
function Gone({ accountName, href }: { accountName: string; href: string }) {
    return (
        <MessageBar intent="warning" layout="multiline" role="alert">
            <MessageBarBody>
                <MessageBarTitle>{accountName} does not have this number any more.</MessageBarTitle>
                It was deleted meanwhile, or is another account’s. What is shown is what it was, with what you typed; it cannot be saved. <PageLink href={href}>Look in all accounts</PageLink>
            </MessageBarBody>
        </MessageBar>
    );
}

function Detail({ answer, account, missing }: { answer: Answer<NumberResource>; account: Account; missing?: ReactNode }) {
    const styles = useStyles();
    const { write } = useRights();
    const number = answer.data, bound = useBound(number, account);
    const mayChange = write && bound.length === 0;
    return (
        <div className={styles.stack}>
            {missing}
            {bound.length > 0 && <ApiRequiredNote services={bound} />}
            <Failure number={number} mayChange={mayChange} />
            <Known number={number} />
            {mayChange ? <NumberForm answer={answer} account={account} /> : <ReadSettings number={number} account={account} />}
            {!write && <Text size={200} className={styles.quiet}>Changing numbers needs the role ProvisioningAPI.WriteUser.</Text>}
        </div>
    );
}

export default function NumberPage({ accountName = '', telephoneNumber = '' }: { accountName?: string; telephoneNumber?: string }) {
    const { data, error, refetch } = useNumber(accountName, telephoneNumber);
    const account = useAccount(accountName);
    const rights = useRights();
    const [deleting, setDeleting] = useState(false);
    const bound = useBound(data?.data, account.data?.data);
    const numbers = `/accounts/${accountName}/numbers`;
    const gone = error instanceof ApiError && error.status === 404;
    const elsewhere = `/numbers?filter=${encodeURIComponent(writeFilter([{ field: 'telephoneNumber', op: 'eq', value: telephoneNumber }]))}`;
    const fault = error ?? account.error;
    return (
        <Page
            title={telephoneNumber} trail={[{ text: 'Accounts', href: '/accounts' }, { text: accountName, href: `/accounts/${accountName}` }, { text: 'Numbers', href: numbers }]}
            beside={data && !gone && <Status value={data.data.serviceProvisioningStatus} reason={reasonOf(data.data.serviceProvisioningErrors)} />}
            actions={data && !gone && account.data && rights.delete && bound.length === 0 && <Button icon={<Delete20Regular />} onClick={() => setDeleting(true)}>Delete number</Button>}
        >
            {data && account.data ? <Detail answer={data} account={account.data.data} missing={gone && <Gone accountName={accountName} href={elsewhere} />} />
                : gone ? <Empty icon={<NumberSymbolSquareRegular />} title={`${accountName} has no such number`} action={<PageButton href={elsewhere}>Look in all accounts</PageButton>}>It was deleted, or is another account’s.</Empty>
                : fault ? <ErrorState error={fault} title="The number could not be read" retry={() => { void refetch(); void account.refetch(); }} /> : <Loading />}
            {deleting && data && <Suspense><DeleteNumber answer={data} account={account.data?.data} onClose={() => setDeleting(false)} /></Suspense>}
        </Page>
    );
}
