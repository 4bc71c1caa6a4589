/* How a number is set up in Operator Connect or Teams Phone Mobile. What the account can choose from is asked of the back end; where nobody can
 * be asked, the names that are in general use are offered and others may be typed. */
import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { ADDRESSES_MAX, syncs, useAvailable, useCivicAddresses, usePlans } from '../api/choices';
import type { Account, CivicAddress, Schemas } from '../api/client';
import { addressLine } from '../base/address';
import { lacksAddress, syncedTarget, withAddress, type SyncedField, type SyncedForm, type SyncedKey } from '../base/settings';
import { count } from '../base/text';
import { Checks, Choice, TextField, Toggle, type FieldWords, type Option } from './choose';

const USAGES = ['CallingUserAssignment', 'FirstPartyAppAssignment', 'ConferenceAssignment'];
const CAPABILITIES = ['InboundCalling', 'OutboundCalling', 'Mobile'];

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '12px', minWidth: 0 },
    pair: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(240px, 100%), 1fr))', gap: '12px', alignItems: 'start' },
    quiet: { color: tokens.colorNeutralForeground2 },
});

export interface SyncedProps {
    service: SyncedKey;
    form: SyncedForm;
    /** What the numbers have is left as it is where nothing is said. */
    many: boolean;
    /** It is being switched on, or is on: a usage and capabilities belong to it. */
    whole: boolean;
    disabled?: boolean | undefined;
    /** Whose numbers they are; unknown where they are of several. */
    account: Account | undefined;
    numbers: readonly string[];
    onChange: (part: SyncedForm) => void;
    field: (target: string) => FieldWords;
}

export const addressName = (address: CivicAddress): string => addressLine(address) || address.description || address.id;
const addressOption = (address: CivicAddress): Option => ({ id: address.id, text: `${addressName(address)}${address.validationStatus === 'notValidated' ? ' (not validated)' : ''}` });
export const locationName = ({ id, description, additionalInfo }: Schemas['Location']): string => [description ?? id, additionalInfo].filter(Boolean).join(' · ');
const locationOption = (location: Schemas['Location']): Option => ({ id: location.id, text: `${locationName(location)}${location.isDefault ? ' (the whole address)' : ''}` });

function Usage({ form, many, whole, disabled, account, onChange, field, service }: SyncedProps) {
    const { data: plans, isLoading } = usePlans(account);
    const options = plans ? plans.map(({ usage, name }) => ({ id: usage, text: `${usage} – ${name}` })) : USAGES.map((id) => ({ id, text: id }));
    const further = (plans?.map(({ usage }) => usage) ?? USAGES).filter((usage) => usage !== form.usage);
    return (
        <>
            <Choice label="Usage" required={whole} keep={many && !whole} disabled={disabled} waiting={isLoading} value={whole ? form.usage ?? '' : form.usage} options={options} other={plans ? undefined : 'Another usage'}
                onChange={(usage) => onChange({ usage: usage ?? undefined })} words={field(syncedTarget(service, 'usage'))} />
            <Checks label="Additional usages" keep={many} disabled={disabled} value={form.additionalUsages} choices={further} onChange={(additionalUsages) => onChange({ additionalUsages })}
                words={field(syncedTarget(service, 'additionalUsages'))} />
        </>
    );
}

function Capabilities({ form, many, whole, disabled, account, numbers, onChange, field, service }: SyncedProps) {
    const plans = usePlans(account).data;
    const available = useAvailable(account, numbers).data;
    const plan = plans?.find(({ usage }) => usage === form.usage);
    const mandatory = plan?.mandatoryCapabilities ?? [];
    const note = (name: string) => (plan && !plan.choosableCapabilities?.includes(name) ? 'not of this usage' : available && !available.includes(name) ? 'not available here' : undefined);
    const words = field(syncedTarget(service, 'choosableCapabilities'));
    const hint = mandatory.length > 0 ? `${mandatory.join(' and ')} come${mandatory.length > 1 ? '' : 's'} with the usage.` : undefined;
    return (
        <Checks label="Capabilities" keep={many && !whole} disabled={disabled} value={whole ? form.capabilities ?? [] : form.capabilities} choices={plan?.choosableCapabilities ?? CAPABILITIES}
            note={note} others={plans === undefined} onChange={(capabilities) => onChange({ capabilities })} words={{ hint, ...words }} />
    );
}

function Address({ form, many, whole, disabled, account, onChange, field, service }: SyncedProps) {
    const styles = useStyles();
    const { data: addresses = [], isLoading } = useCivicAddresses(account);
    const address = addresses.find(({ id }) => id === form.civicAddressId);
    const at = (name: SyncedField, hint?: string) => ({ hint, ...field(syncedTarget(service, name)) });
    const lacks = whole && (account === undefined || syncs(account, service)) && lacksAddress(form);
    const warning = lacks && { validationState: 'warning' as const, validationMessage: 'Teams refuses a number for people who call that has no address, unless the customer may change it.' };
    const hint = addresses.length === 0 ? 'The ID of an address that the customer has in Teams.'
        : addresses.length >= ADDRESSES_MAX ? `The first ${count(addresses.length)} are listed; another can be given by its ID.` : undefined;
    const choose = (id: string | null | undefined) => onChange(withAddress(id, addresses.find((one) => one.id === id)?.defaultLocationId));
    return (
        <>
            <div className={styles.pair}>
                <Choice label="Civic address" keep={many} disabled={disabled} waiting={isLoading} value={form.civicAddressId} options={addresses.map(addressOption)} none="None" other="Another, by its ID" onChange={choose}
                    words={{ ...warning, ...at('civicAddressId', hint) }} />
                <Choice label="Location" keep={many} disabled={disabled} waiting={isLoading} value={form.locationId} options={address?.locations?.map(locationOption) ?? []} none="None" other="Another, by its ID"
                    onChange={(locationId) => onChange({ locationId })} words={at('locationId', address ? undefined : 'The ID of a place within the address.')} />
            </div>
            <Toggle label="The customer may change the address" keep={many} disabled={disabled} value={form.tenantMayUpdate} answers={['Yes', 'No']} onChange={(tenantMayUpdate) => onChange({ tenantMayUpdate })}
                words={at('allowTenantAddressUpdate')} />
        </>
    );
}

/** Why nothing could be asked, if so. */
function Unasked({ account }: { account: Account | undefined }) {
    const styles = useStyles();
    const { error } = usePlans(account);
    return error ? <Text size={200} className={styles.quiet}>The back end could not be asked what the customer can choose from; what is in general use is offered.</Text> : null;
}

export function SyncedSettings(props: SyncedProps) {
    const styles = useStyles();
    const { form, many, disabled, onChange, field, service } = props;
    return (
        <div className={styles.stack}>
            <Unasked account={props.account} />
            <Usage {...props} />
            <Capabilities {...props} />
            <Address {...props} />
            <TextField label="Displayed country" keep={many} disabled={disabled} value={form.country} onChange={(country) => onChange({ country: country?.toUpperCase() ?? country })}
                words={{ hint: 'Two letters, such as GB. Needed for toll-free numbers of North America.', ...field(syncedTarget(service, 'displayedCountryCode')) }} />
        </div>
    );
}
