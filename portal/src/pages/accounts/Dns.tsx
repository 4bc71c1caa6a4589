/* An account's Direct Routing domains: whether the name servers serve what is wanted, whether the certificate covers the names, and what
 * to write to the customer at this point. */
import { Button, Field, Input, makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Spinner, Text, tokens } from '@fluentui/react-components';
import { ArrowClockwise20Regular, CheckmarkCircle16Filled, ErrorCircle16Filled } from '@fluentui/react-icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, take, type Account, type Schemas } from '../../api/client';
import { POLL_MS } from '../../api/list';
import { queryClient, useConfigured, useRights } from '../../api/queries';
import { command } from '../../base/shell';
import { Command, CopyBlock, ErrorState, errorText, Facts, Loading, Section, Status, Time, useStart, useToast } from '../../ui';

type Region = Schemas['Numgate.Dns.Region'];
type Server = Schemas['Numgate.Dns.Server'];
type DnsRecord = Schemas['Numgate.Dns.Record'];
type LetterOf = Schemas['Numgate.Dns.Letter'];

const useStyles = makeStyles({
    region: { borderTop: `1px solid ${tokens.colorNeutralStroke2}`, paddingTop: '12px', display: 'flex', flexDirection: 'column', gap: '8px' },
    name: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
    mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
    line: { display: 'flex', gap: '6px', alignItems: 'flex-start', overflowWrap: 'anywhere' },
    mark: { display: 'inline-flex', paddingTop: '2px', flexShrink: 0 },
    good: { color: tokens.colorStatusSuccessForeground1 },
    bad: { color: tokens.colorStatusDangerForeground1 },
    quiet: { color: tokens.colorNeutralForeground2 },
    first: { display: 'flex', flexWrap: 'wrap', gap: '12px' },
    grow: { flexGrow: 1, flexBasis: '240px', minWidth: 0 },
    write: { alignSelf: 'flex-start', marginTop: '26px' },
    letter: { display: 'flex', flexDirection: 'column', gap: '12px' },
});

const path = (accountName: string) => ({ params: { path: { accountName } } });

/** Asks the name servers each time; again and again while they do not say what is wanted. */
function useDns(accountName: string, ask: boolean) {
    return useQuery({
        queryKey: ['accounts', 'dns', accountName],
        queryFn: async ({ signal }) => (await take(api.GET('/numgate/v1/accounts/{accountName}/dns', { ...path(accountName), signal }))).data,
        refetchInterval: ({ state }) => (state.data && state.data.subdomainStatus !== 'provisioned' ? 3 * POLL_MS : false),
        enabled: ask,
    });
}

/** `subdomain`: the first one, of an account that has none yet. */
const fetchLetter = async (accountName: string, subdomain?: string, signal?: AbortSignal) =>
    (await take(api.GET('/numgate/v1/accounts/{accountName}/dns/letter', { params: { path: { accountName }, query: subdomain === undefined ? {} : { subdomain } }, ...(signal && { signal }) }))).data;

const useLetter = (accountName: string, status: string | undefined) =>
    useQuery({ queryKey: ['accounts', 'letter', accountName, status], queryFn: ({ signal }) => fetchLetter(accountName, undefined, signal) });

const recordText = ({ type, data }: DnsRecord) => `${type} ${data}`;

function Mark({ good, children }: { good: boolean; children: React.ReactNode }) {
    const styles = useStyles();
    return (
        <div className={styles.line}>
            <span className={`${styles.mark} ${good ? styles.good : styles.bad}`} role="img" aria-label={good ? 'Good' : 'Not good'}>{good ? <CheckmarkCircle16Filled /> : <ErrorCircle16Filled />}</span>
            <span>{children}</span>
        </div>
    );
}

function ServerLine({ server }: { server: Server }) {
    if (!server.answered) return <Mark good={false}>{server.server} did not answer: {server.why}</Mark>;
    if (server.matches) return <Mark good>{server.server} serves what is wanted</Mark>;
    return <Mark good={false}>{server.server} has {server.found?.length ? server.found.map(recordText).join(', ') : 'nothing'} there</Mark>;
}

function CertificateLine({ certificate }: { certificate: NonNullable<Region['certificate']> }) {
    if (certificate.why) return <Mark good={false}>The certificate could not be read: {certificate.why}</Mark>;
    return (
        <Mark good={certificate.covers === true}>
            {certificate.covers ? 'The region’s certificate covers the name' : 'The region’s certificate does not cover the name: calls of this customer fail'}
            {certificate.until && <>, until <Time at={certificate.until} /></>}
        </Mark>
    );
}

function RegionPart({ region }: { region: Region }) {
    const styles = useStyles();
    return (
        <div className={styles.region}>
            <h3 className={styles.name}>{region.name}</h3>
            <Facts facts={[
                ['Wanted', region.records?.filter(({ name }) => name === region.name).map((record) => <div key={recordText(record)} className={styles.mono}>{recordText(record)}</div>)],
                ['Name servers', region.servers?.length ? region.servers.map((server) => <ServerLine key={server.server} server={server} />) : 'No server was asked'],
                ['Certificate', region.certificate && <CertificateLine certificate={region.certificate} />],
            ]} />
        </div>
    );
}

const STAGES: Record<string, string> = {
    tokens: 'The customer has to add the domains and send you the text values.',
    wait: 'The records are not served yet: the customer must not verify yet.',
    verify: 'The records are served: the customer can verify now.',
};

function LetterText({ letter }: { letter: LetterOf }) {
    const styles = useStyles();
    return (
        <>
            <Text className={styles.quiet}>{STAGES[letter.stage ?? ''] ?? ''}</Text>
            <CopyBlock wrap label="subject" text={letter.subject ?? ''} />
            <CopyBlock wrap label="text for the customer" text={letter.text ?? ''} />
        </>
    );
}

function Letter({ accountName, status }: { accountName: string; status: string | undefined }) {
    const { data, error } = useLetter(accountName, status);
    return (
        <Section title="Text for the customer">
            {data ? <LetterText letter={data} /> : error ? <ErrorState error={error} title="There is no text to send" /> : <Loading rows={2} />}
        </Section>
    );
}

/** Before the account has a subdomain, which it only gets with the tokens that the customer sends back. */
function FirstLetter({ accountName }: { accountName: string }) {
    const styles = useStyles();
    const [label, setLabel] = useState('');
    const letter = useMutation({ mutationFn: () => fetchLetter(accountName, label.trim()) });
    const { data, error, isPending, reset } = letter;
    const start = useStart(letter);
    return (
        <Section title="Text for the customer">
            <form className={styles.first} noValidate onSubmit={(event) => { event.preventDefault(); start(); }}>
                <Field
                    label="Subdomain to offer" className={styles.grow}
                    {...(error ? { validationState: 'error' as const, validationMessage: errorText(error) } : { hint: 'One label for this customer, up to 10 letters, digits, - and _. Nothing is saved by this.' })}
                >
                    <Input value={label} autoComplete="off" spellCheck={false} onChange={(_, { value }) => { setLabel(value); reset(); }} />
                </Field>
                <Button type="submit" className={styles.write} disabled={label.trim() === ''} disabledFocusable={isPending}>Write the text</Button>
            </form>
            <div aria-live="polite" className={styles.letter}>{data && <LetterText letter={data} />}</div>
            {label.trim() !== '' && (
                <Command request={{ method: 'GET', path: `/numgate/v1/accounts/${accountName}/dns/letter?${new URLSearchParams({ subdomain: label.trim() })}` }}
                    numgate={command('numgate', 'dns', 'letters', accountName, '--subdomain', label.trim())} />
            )}
        </Section>
    );
}

function CheckNow({ accountName }: { accountName: string }) {
    const toast = useToast();
    const check = useMutation({
        mutationFn: () => api.POST('/numgate/v1/accounts/{accountName}/dns:check', path(accountName)),
        onSuccess: async () => {
            toast('Publishing and checking now');
            await queryClient.invalidateQueries({ queryKey: ['accounts'] });
        },
        onError: (error) => toast('It could not be asked for', error.message, 'error'),
    });
    const start = useStart(check);
    return <Button size="small" disabledFocusable={check.isPending} onClick={() => start()}>Publish and check now</Button>;
}

export function Dns({ account }: { account: Account }) {
    const styles = useStyles();
    const { name, serviceDetails } = account;
    const { admin } = useRights();
    const published = useConfigured('dns');
    const routing = serviceDetails?.teamsDirectRouting;
    const none = published === false ? 'Names are not published here: the gateway has no DNS configured.'
        : routing?.configuration ? undefined : 'The account has no subdomain yet: it gets one together with the tokens that the customer sends you. Then the records it needs are shown here.';
    const ask = published === true && none === undefined;
    const { data, error, refetch, isFetching } = useDns(name, ask);
    const status = data?.subdomainStatus ?? routing?.subdomainStatus; // the account is read again less often
    return (
        <>
            <Section title="Direct Routing and DNS" actions={<>
                {isFetching && <Spinner size="extra-tiny" label="Asking the name servers" labelPosition="after" />}
                {ask && <Button size="small" icon={<ArrowClockwise20Regular />} disabledFocusable={isFetching} onClick={() => void refetch()}>Check DNS</Button>}
                {admin && ask && <CheckNow accountName={name} />}
            </>}>
                <Facts facts={[
                    ['Subdomain', routing?.configuration?.subdomain ?? 'None yet'],
                    ['Subdomain Provisioned State', <Status key="state" value={status} reason={data?.problem ? `${data.problem.code}: ${data.problem.message}` : undefined} />],
                    ['Call screening', routing?.configuration && (routing.configuration.callScreening ? 'On: only callers with a number of this account' : 'Off')],
                    ['Last checked', data?.checkedAt && <Time at={data.checkedAt} since />],
                ]} />
                {data?.problem && (
                    <MessageBar intent="error" layout="multiline"><MessageBarBody><MessageBarTitle>{data.problem.code}</MessageBarTitle>{data.problem.message}</MessageBarBody></MessageBar>
                )}
                {data?.paused && <MessageBar intent="warning"><MessageBarBody>Publishing is paused; somebody with the Admin role can resume it.</MessageBarBody></MessageBar>}
                {data?.regions?.map((region) => <RegionPart key={region.name} region={region} />)}
                {!data && !error && none === undefined && <Loading rows={3} />}
                {none && <Text className={styles.quiet}>{none}</Text>}
                {error && !data && <ErrorState error={error} title="The DNS check failed" retry={() => void refetch()} />}
                {ask && <Command request={{ method: 'GET', path: `/numgate/v1/accounts/${name}/dns` }} numgate={command('numgate', 'dns', 'show', name)} />}
            </Section>
            {ask && <Letter accountName={name} status={status} />}
            {published && !routing?.configuration && <FirstLetter accountName={name} />}
        </>
    );
}
