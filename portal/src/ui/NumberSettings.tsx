/* The services of numbers and what belongs to them: of one number, of new ones, and as a change of many. What it holds and sends is base/settings.ts. */
import { Accordion, AccordionHeader, AccordionItem, AccordionPanel, makeStyles, Text, tokens, typographyStyles } from '@fluentui/react-components';
import { useId, type ReactNode } from 'react';
import type { Account } from '../api/client';
import { syncs } from '../api/choices';
import { useApiRequired } from '../api/queries';
import { SERVICES, type ServiceKey } from '../base/services';
import { HEADER_TARGET, isSynced, serviceTarget, TARGETS, withService, withSynced, type SettingsForm, type SyncedKey } from '../base/settings';
import { TextField, Toggle, type FieldWords } from './choose';
import { Section } from './Section';
import { SyncedSettings } from './SyncedSettings';
import type { FieldErrors } from './useFieldErrors';

const useStyles = makeStyles({
    stack: {
        display: 'flex', flexDirection: 'column', gap: '16px', minWidth: 0, maxWidth: '760px',
        '& .fui-Field': { gridTemplateColumns: 'minmax(0, 1fr)', minWidth: 0 }, // the longest choice is not how wide a field has to be
        '& .fui-Select, & .fui-Select__select': { minWidth: 0, textOverflow: 'ellipsis' },
    },
    services: { display: 'flex', flexDirection: 'column' },
    choices: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(200px, 100%), 1fr))', gap: '8px 16px', alignItems: 'start' },
    group: { display: 'flex', flexDirection: 'column', gap: '12px', minWidth: 0 },
    title: { ...typographyStyles.subtitle2, margin: 0 },
    quiet: { color: tokens.colorNeutralForeground2 },
});

/** For useFieldErrors: what the form has a field for. */
export const settingsTargets = (prefix = ''): string[] => TARGETS.map((target) => prefix + target);

export interface NumberSettingsProps {
    form: SettingsForm;
    onChange: (form: SettingsForm) => void;
    errors: Pick<FieldErrors, 'field'>;
    /** What is before a target in the request, such as `number.`. */
    prefix?: string;
    /** A change of many: what is not chosen stays. */
    many?: boolean;
    /** Whose numbers they are; unknown where they are of several. */
    account: Account | undefined;
    /** The numbers, where they are known and few. */
    numbers?: readonly string[];
    /** More about a service, such as how many have it, or why it cannot be switched here. */
    told?: (key: ServiceKey) => { hint?: string | undefined; held?: boolean } | undefined;
}

const NO_NUMBERS: readonly string[] = [];

/** The programme wants the service changed by the API alone; where nothing is synchronized it is not the programme's. */
export function useLaunched(account: Account | undefined): (key: ServiceKey) => boolean {
    const launched: readonly ServiceKey[] = useApiRequired();
    return (key) => launched.includes(key) && isSynced(key) && (account === undefined || syncs(account, key));
}

function useField({ errors, prefix = '' }: NumberSettingsProps) {
    return (target: string): FieldWords => errors.field(prefix + target);
}

/** What the account has not enabled is not offered, but for what a number has all the same. */
const offeredTo = (account: Account | undefined, form: SettingsForm) => SERVICES.filter(({ key }) => account === undefined || account.serviceDetails?.[key]?.enabled || form.services[key]);

function Services(props: NumberSettingsProps) {
    const { form, onChange, many = false, account, told } = props;
    const styles = useStyles();
    const launched = useLaunched(account);
    const field = useField(props);
    const offered = offeredTo(account, form);
    return (
        <>
            <div role="group" aria-label="Services" className={many ? styles.choices : styles.services}>
                {offered.map(({ key, name }) => {
                    const { hint, held = false } = (launched(key) ? { hint: 'Launched: changes come through the API.', held: true } : told?.(key)) ?? {};
                    return (
                        <Toggle key={key} label={name} keep={many} disabled={held} value={form.services[key] ?? (many ? undefined : false)} words={{ hint, ...field(serviceTarget(key)) }}
                            onChange={(on) => onChange(withService(form, key, on))} />
                    );
                })}
            </div>
            {offered.length < SERVICES.length && (
                <Text size={200} className={styles.quiet}>Services that the account has not enabled are not offered.{many ? '' : ' A number without any is parked.'}</Text>
            )}
        </>
    );
}

/** A card on a page, a group in a dialog. */
function Group({ title, plain, children }: { title: string; plain: boolean; children: ReactNode }) {
    const styles = useStyles();
    const id = useId();
    if (!plain) return <Section title={title}>{children}</Section>;
    return <section aria-labelledby={id} className={styles.group}><h3 id={id} className={styles.title}>{title}</h3>{children}</section>;
}

function Folded({ title, children }: { title: string; children: ReactNode }) {
    return (
        <Accordion collapsible>
            <AccordionItem value="more">
                <AccordionHeader size="small">{title}</AccordionHeader>
                <AccordionPanel>{children}</AccordionPanel>
            </AccordionItem>
        </Accordion>
    );
}

function Synced({ service, name, ...props }: NumberSettingsProps & { service: SyncedKey; name: string }) {
    const { form, onChange, many = false, account, numbers = NO_NUMBERS } = props;
    const styles = useStyles();
    const field = useField(props);
    const launched = useLaunched(account)(service);
    const on = form.services[service];
    if (on === false || launched || (!many && !on)) return null;
    const settings = (
        <SyncedSettings service={service} form={form.synced[service]} many={many} whole={!many || on === true} account={account} numbers={numbers} field={field}
            onChange={(part) => onChange(withSynced(form, service, part))} />
    );
    if (on) return <Group title={name} plain={many}>{settings}</Group>;
    return (
        <Folded title={`Settings of ${name}`}>
            <div className={styles.group}><Text className={styles.quiet}>Numbers that do not have it are refused.</Text>{settings}</div>
        </Folded>
    );
}

export function NumberSettings(props: NumberSettingsProps) {
    const { form, onChange, many = false, account } = props;
    const styles = useStyles();
    const field = useField(props);
    const offered = offeredTo(account, form).filter(({ key }) => isSynced(key));
    return (
        <div className={styles.stack}>
            {many ? <Services {...props} /> : <Section title="Services"><Services {...props} /></Section>}
            {offered.map(({ key, name }) => <Synced key={key} {...props} service={key as SyncedKey} name={name} />)}
            <Group title="Call handling" plain={many}>
                <TextField label="Custom SIP header" keep={many} value={form.header} onChange={(header) => onChange({ ...form, header })} words={{ hint: 'Up to 100 letters, digits, - and _.', ...field(HEADER_TARGET) }} />
            </Group>
        </div>
    );
}
