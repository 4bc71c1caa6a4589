/* The fields of an account: what it is, its services, and what Direct Routing needs. */
import { Checkbox, Field, Input, makeStyles, Switch, Text, tokens } from '@fluentui/react-components';
import { useId, type ReactNode } from 'react';
import type { Account } from '../../api/client';
import { useApiRequired, useDeployment } from '../../api/queries';
import { SERVICES, type ServiceKey } from '../../base/services';
import { counted } from '../../base/text';
import { ApiRequiredNote, Section, type FieldErrors } from '../../ui';
import { fullName, storedService, TARGETS, type AccountForm } from './form';

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px', maxWidth: '760px' },
    service: { borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, padding: '4px 0' },
    switches: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', justifyContent: 'space-between', gap: '0 16px' },
    names: { display: 'flex', flexDirection: 'column', gap: '2px', overflowWrap: 'anywhere', fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
    quiet: { color: tokens.colorNeutralForeground2 },
    pair: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(260px, 100%), 1fr))', alignItems: 'start', gap: '12px' },
});

export interface FieldsProps {
    form: AccountForm;
    set: (part: Partial<AccountForm>) => void;
    errors: FieldErrors;
    /** What is stored, when an account is edited; its name stays. */
    stored?: Account | undefined;
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function General({ form, set, errors, stored }: FieldsProps) {
    const tenantBound = (['teamsOperatorConnect', 'teamsPhoneMobile'] as const).reduce((sum, key) => sum + (storedService(stored, key)?.numberCount ?? 0), 0);
    const tenant = form.teamsTenantId.trim();
    const odd = tenant !== '' && !GUID.test(tenant);
    return (
        <Section title="Account">
            <Field label="Account name" required hint={stored ? 'A name cannot be changed.' : 'Letters, digits, - and _. Capital letters count, and it cannot be changed later.'} {...errors.field(TARGETS.name)}>
                <Input value={form.name} readOnly={stored !== undefined} autoComplete="off" spellCheck={false} onChange={(_, data) => set({ name: data.value })} />
            </Field>
            <Field
                label="Teams tenant ID"
                hint={tenantBound > 0 ? `${counted(tenantBound, 'number')} of Operator Connect or Phone Mobile belong to this tenant, so it cannot change.` : 'Of the customer in Microsoft 365. Needed to synchronize.'}
                {...(odd && { validationState: 'warning' as const, validationMessage: 'This does not look like a tenant ID, such as a1de0000-0000-4000-8000-000000000001.' })}
                {...errors.field(TARGETS.tenant)}
            >
                <Input value={form.teamsTenantId} readOnly={tenantBound > 0} autoComplete="off" spellCheck={false} onChange={(_, data) => set({ teamsTenantId: data.value })} />
            </Field>
            <Field label="Correlation ID" hint="Your own reference, kept as it is." {...errors.field(TARGETS.correlationId)}>
                <Input value={form.correlationId} autoComplete="off" onChange={(_, data) => set({ correlationId: data.value })} />
            </Field>
        </Section>
    );
}

/** Why a service cannot be switched here, if so. */
function heldBy(key: ServiceKey, apiRequired: readonly ServiceKey[], numbers: number, on: boolean): string | null {
    if (apiRequired.includes(key)) return 'Launched: changes come through the API.';
    return on && numbers > 0 ? `${counted(numbers, 'number')} use it. Take it off them first to switch it off.` : null;
}

function Service({ serviceKey: key, name, sync, form, set, errors, stored }: FieldsProps & { serviceKey: ServiceKey; name: string; sync: boolean }) {
    const styles = useStyles();
    const apiRequired: readonly ServiceKey[] = useApiRequired();
    const choice = form.services[key];
    const enabled = useId(), synced = useId(); // a Field gives all that is in it the same
    const held = heldBy(key, apiRequired, storedService(stored, key)?.numberCount ?? 0, choice.enabled);
    const change = (part: Partial<typeof choice>) => set({ services: { ...form.services, [key]: { ...choice, ...part } } });
    return (
        <Field className={styles.service} {...(held !== null && { hint: held })} {...errors.field(TARGETS[key])}>
            <div className={styles.switches}>
                <Checkbox id={enabled} label={`Enable ${name}`} checked={choice.enabled} disabled={held !== null} onChange={(_, { checked }) => change({ enabled: checked === true, ...(sync && checked === true && { sync: true }) })} />
                {sync && choice.enabled && (
                    <Switch id={synced} label="Sync with backend service" aria-label={`Sync ${name} with backend service`} checked={choice.sync} disabled={apiRequired.includes(key)} onChange={(_, { checked }) => change({ sync: checked })} />
                )}
            </div>
        </Field>
    );
}

function Services(props: FieldsProps) {
    const apiRequired = useApiRequired();
    return (
        <Section title="Services">
            {apiRequired.length > 0 && <ApiRequiredNote services={apiRequired} />}
            <div role="group" aria-label="Services">
                {SERVICES.map(({ key, name, sync }) => <Service key={key} serviceKey={key} name={name} sync={sync} {...props} />)}
            </div>
        </Section>
    );
}

function Token({ n, region, form, set, errors }: FieldsProps & { n: 1 | 2; region: string }) {
    const field = n === 1 ? 'region1Token' : 'region2Token';
    return (
        <Field label={`Subdomain token region ${n}`} hint={`The TXT value Microsoft 365 shows for ${fullName(form.subdomain, region)}`} {...errors.field(n === 1 ? TARGETS.region1 : TARGETS.region2)}>
            <Input value={form[field]} placeholder="MS=ms12345678" autoComplete="off" spellCheck={false} onChange={(_, data) => set({ [field]: data.value })} />
        </Field>
    );
}

function DirectRouting(props: FieldsProps) {
    const styles = useStyles();
    const { form, set, errors } = props;
    const regions = useDeployment().data?.regions ?? [];
    const preview: ReactNode = form.subdomain.trim() !== '' && (
        <div><Text size={200} className={styles.quiet}>The customer's domains</Text><div className={styles.names}>{regions.map((region) => <span key={region}>{fullName(form.subdomain, region)}</span>)}</div></div>
    );
    return (
        <Section title="Direct Routing">
            <Text className={styles.quiet}>Leave the subdomain empty until the customer has sent the tokens; the account can be saved without.</Text>
            <Field label="Subdomain" hint="One label, up to 10 letters, digits, - and _; the same in both regions." {...errors.field(TARGETS.subdomain)}>
                <Input value={form.subdomain} autoComplete="off" spellCheck={false} onChange={(_, data) => set({ subdomain: data.value })} />
            </Field>
            {preview}
            <div className={styles.pair}>
                {regions.map((region, index) => <Token key={region} n={index === 0 ? 1 : 2} region={region} {...props} />)}
            </div>
            <Field hint="Calls from the customer are refused unless the caller's number belongs to this account.">
                <Switch label="Enable call screening" checked={form.callScreening} onChange={(_, { checked }) => set({ callScreening: checked })} />
            </Field>
        </Section>
    );
}

export function Fields(props: FieldsProps) {
    const styles = useStyles();
    return (
        <div className={styles.stack}>
            <General {...props} />
            <Services {...props} />
            {props.form.services.teamsDirectRouting.enabled && <DirectRouting {...props} />}
        </div>
    );
}
