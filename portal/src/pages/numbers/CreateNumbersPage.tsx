import { Button, Field, makeStyles, MessageBar, MessageBarBody, Radio, RadioGroup, Spinner, Text, Textarea, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Account } from '../../api/client';
import { isJsonLines, submitJob, UPLOAD_BYTES_MAX, uploadJob, uploadPath } from '../../api/jobs';
import type { JobRequest } from '../../api/pending';
import { useAccount, useRights } from '../../api/queries';
import { entriesOf, numbersOf } from '../../base/e164';
import { newNumbersKey, newNumbersSent, type NewNumbers } from '../../base/newNumbers';
import { EMPTY, faultsOf, settingsOf } from '../../base/settings';
import { command, commandWith } from '../../base/shell';
import { counted } from '../../base/text';
import { Command, Empty, ErrorState, Loading, NumberSettings, Page, PageButton, SaveAs, settingsTargets, useDraft, useFieldErrors, useStart } from '../../ui';
import { csvHeadings } from './rows';

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px', maxWidth: '760px' },
    actions: { display: 'flex', gap: '8px', flexWrap: 'wrap' },
    quiet: { color: tokens.colorNeutralForeground2 },
    list: { fontFamily: tokens.fontFamilyMonospace },
});

const LIST = 'telephoneNumbers', PREFIX = 'number.';
const FIELDS = [LIST, ...settingsTargets(PREFIX)];
const NOTHING: NewNumbers = { list: '', settings: EMPTY };

function wrongInList(entries: readonly string[]): string | undefined {
    const strange = entries.find((entry) => !entry.startsWith('+'));
    return entries.length === 0 ? 'Enter one number at least.' : strange === undefined ? undefined : `"${strange}" does not begin with +.`;
}

function wrongWith({ list, settings }: NewNumbers): Record<string, string> {
    const wrong = wrongInList(entriesOf(list));
    const faults = Object.entries(faultsOf(settings)).map(([target, fault]) => [PREFIX + target, fault]);
    return { ...(wrong !== undefined && { [LIST]: wrong }), ...(Object.fromEntries(faults) as Record<string, string>) };
}

function ByHand({ account }: { account: Account }) {
    const styles = useStyles();
    const [, navigate] = useLocation();
    const draft = useDraft<NewNumbers>(newNumbersKey(account.name), NOTHING);
    const errors = useFieldErrors(FIELDS);
    const form = draft.value;
    const [entered, setEntered] = useState(form.list); // as it was when the field was left: nobody is asked about half a number
    const set = (part: Partial<NewNumbers>) => draft.set((now) => ({ ...now, ...part, jobId: undefined }));
    const body: JobRequest = { kind: 'create', accountName: account.name, telephoneNumbers: entriesOf(form.list), number: settingsOf(form.settings) as NonNullable<JobRequest['number']> };
    const submit = useMutation({
        mutationFn: () => submitJob(body),
        onSuccess: ({ id }) => { newNumbersSent(account.name, id); navigate(`/jobs/${id}`); },
        onError: (error) => errors.set(error),
    });
    const start = useStart(submit);
    const forget = () => {
        errors.clear();
        setEntered('');
        draft.set(NOTHING);
        draft.clear();
    };
    const send = () => {
        if (submit.isPending) return;
        errors.clear();
        const wrong = wrongWith(form);
        if (Object.keys(wrong).length > 0) return errors.setOwn(wrong);
        start();
    };
    const count = body.telephoneNumbers!.length;
    return (
        <form className={styles.stack} noValidate onSubmit={(event) => { event.preventDefault(); send(); }}>
            {draft.restored && <MessageBar><MessageBarBody>What you had typed before is back. <Button size="small" disabledFocusable={submit.isPending} onClick={forget}>Throw it away</Button></MessageBarBody></MessageBar>}
            <Field label="Telephone numbers" required hint="One a line, with + and country code. A range is written +4416329600{00-99}." {...errors.field(LIST)}>
                <Textarea className={styles.list} rows={8} resize="vertical" value={form.list} spellCheck={false} onChange={(_, { value }) => set({ list: value })} onBlur={() => setEntered(form.list)} />
            </Field>
            <NumberSettings form={form.settings} onChange={(settings) => set({ settings })} errors={errors} prefix={PREFIX} account={account} numbers={numbersOf(entered)} />
            {errors.rest !== null && <ErrorState error={errors.rest} title="The numbers could not be looked at" />}
            <div className={styles.actions}>
                <Button type="submit" appearance="primary" disabledFocusable={submit.isPending} {...(submit.isPending && { icon: <Spinner size="tiny" /> })}>Preview</Button>
                <PageButton href={`/accounts/${account.name}/numbers`} onLeave={draft.clear}>Cancel</PageButton>
            </div>
            <Text size={200} className={styles.quiet}>Nothing is created before you have seen what would happen and apply it.</Text>
            {count > 0 && count <= 200 && <Command request={{ method: 'POST', path: '/numgate/v1/jobs', body }} numgate={commandWith(body, 'numgate', 'job', 'create', '-')} />}
        </form>
    );
}

function FromFile({ account }: { account: Account }) {
    const styles = useStyles();
    const [, navigate] = useLocation();
    const [file, setFile] = useState<File | null>(null);
    const upload = useMutation({ mutationFn: () => uploadJob(file!, account.name), onSuccess: ({ id }) => navigate(`/jobs/${id}`) });
    const start = useStart(upload);
    const tooLarge = file !== null && file.size > UPLOAD_BYTES_MAX;
    return (
        <form className={styles.stack} onSubmit={(event) => { event.preventDefault(); if (file && !tooLarge) start(); }}>
            <Field
                label="File" required hint="CSV or JSON Lines, up to 10,000 rows and 8 MiB. A CSV file with the one heading Numbers, or with the headings of the template."
                {...(tooLarge && { validationState: 'error' as const, validationMessage: 'The file is larger than 8 MiB. Split it.' })}
            >
                {(props) => <input {...props} type="file" accept=".csv,.jsonl,.ndjson,text/csv" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />}
            </Field>
            {upload.error && <ErrorState error={upload.error} title="The file was not taken" />}
            <div className={styles.actions}>
                <Button type="submit" appearance="primary" disabled={!file || tooLarge} disabledFocusable={upload.isPending} {...(upload.isPending && { icon: <Spinner size="tiny" /> })}>Preview</Button>
                <SaveAs name="numbers-template.csv" type="text/csv" text={csvHeadings}>Template</SaveAs>
                <PageButton href={`/accounts/${account.name}/numbers`}>Cancel</PageButton>
            </div>
            <Text size={200} className={styles.quiet}>Rows that name no account are for {account.name}. Each row is judged by itself; nothing is created before you apply it.</Text>
            {file && <Text size={200} className={styles.quiet}>{counted(file.size, 'byte')}</Text>}
            {file && (
                <Command
                    request={{ method: 'POST', path: uploadPath(account.name), contentType: isJsonLines(file.name) ? 'application/x-ndjson' : 'text/csv', file: file.name }}
                    numgate={command('numgate', 'number', 'import', account.name, file.name, '--dry-run')}
                />
            )}
        </form>
    );
}

export default function CreateNumbersPage({ accountName = '' }: { accountName?: string | undefined }) {
    const styles = useStyles();
    const { data, error, refetch } = useAccount(accountName);
    const { write } = useRights();
    const [way, setWay] = useState<'hand' | 'file'>('hand');
    const trail = [{ text: 'Accounts', href: '/accounts' }, { text: accountName, href: `/accounts/${accountName}` }, { text: 'Numbers', href: `/accounts/${accountName}/numbers` }];
    const page = (children: React.ReactNode) => <Page title="Create numbers" documentTitle={`Create numbers of ${accountName}`} trail={trail}>{children}</Page>;
    if (!write) return page(<Empty title="You may look, but not create">Creating numbers needs the role ProvisioningAPI.WriteUser.</Empty>);
    if (!data) return page(error ? <ErrorState error={error} title="The account could not be read" retry={() => void refetch()} /> : <Loading />);
    return page(
        <div className={styles.stack}>
            <RadioGroup layout="horizontal" aria-label="How" value={way} onChange={(_, { value }) => setWay(value as 'hand' | 'file')}>
                <Radio value="hand" label="By hand" />
                <Radio value="file" label="From a file" />
            </RadioGroup>
            {way === 'hand' ? <ByHand account={data.data} /> : <FromFile account={data.data} />}
        </div>,
    );
}
