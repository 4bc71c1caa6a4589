/* What a number may have besides its digits: its services, how the two with a back end are set up, its SIP header. One form for three uses: a
 * number that is there, new numbers (both: a field says all there is, empty is none), and a change of many (a field that is undefined is left
 * as it is). Its two directions: from what is stored, and into the settings of a request, whole or as a merge patch (RFC 7396). */
import { SERVICES, serviceName, type ServiceKey } from './services';
import type { Part } from './merge';

export type SyncedKey = 'teamsOperatorConnect' | 'teamsPhoneMobile';
export const SYNCED: readonly SyncedKey[] = ['teamsOperatorConnect', 'teamsPhoneMobile'];
export const isSynced = (key: ServiceKey): key is SyncedKey => (SYNCED as readonly string[]).includes(key);

/** '' is a text that nobody has entered yet; null says that there shall be none. */
type Maybe<T> = T | null | undefined;

export interface SyncedForm {
    usage?: string | undefined;
    capabilities?: string[] | undefined;
    additionalUsages?: string[] | undefined;
    civicAddressId?: Maybe<string>;
    locationId?: Maybe<string>;
    tenantMayUpdate?: boolean | undefined;
    country?: Maybe<string>;
}
export interface SettingsForm {
    services: Partial<Record<ServiceKey, boolean>>;
    synced: Record<SyncedKey, SyncedForm>;
    header?: Maybe<string>;
}

const NONE: SyncedForm = { usage: '', capabilities: [], additionalUsages: [], civicAddressId: null, locationId: null, tenantMayUpdate: false, country: '' };
/** A new number: parked. */
export const EMPTY: SettingsForm = { services: {}, synced: { teamsOperatorConnect: NONE, teamsPhoneMobile: NONE }, header: '' };
/** A change of nothing. */
export const KEEP: SettingsForm = { services: {}, synced: { teamsOperatorConnect: {}, teamsPhoneMobile: {} } };

export const withService = (form: SettingsForm, key: ServiceKey, on: boolean | undefined): SettingsForm => ({ ...form, services: { ...form.services, [key]: on } });
export const withSynced = (form: SettingsForm, key: SyncedKey, part: SyncedForm): SettingsForm => ({ ...form, synced: { ...form.synced, [key]: { ...form.synced[key], ...part } } });

/** With an address comes the whole of it as the location; where the address is left as it is, so is the location. */
export const withAddress = (id: Maybe<string>, defaultLocationId?: string): SyncedForm => ({ civicAddressId: id, locationId: id === undefined ? undefined : defaultLocationId ?? null });

// ---- what is stored ----

/** As the contract has it, without what the server alone says. */
interface Configuration {
    usage: string;
    choosableCapabilities: string[];
    additionalUsages?: string[] | null;
    civicAddressId?: string | null;
    locationId?: string | null;
    allowTenantAddressUpdate?: boolean;
    displayedCountryCode?: string | null;
}
interface Service {
    enabled: boolean;
    assignmentStatus?: string;
    configuration?: Configuration | null;
}
export interface Settings {
    serviceDetails: Partial<Record<ServiceKey, Service>>;
    configuration?: { customSipHeader?: string };
}
/** What a merge patch may say of the same. */
export interface SettingsPatch {
    serviceDetails?: Partial<Record<ServiceKey, { enabled?: boolean; configuration?: Partial<Configuration> | null }>>;
    configuration?: { customSipHeader: string | null };
}

function syncedOf(configuration: Configuration | null | undefined): SyncedForm {
    if (!configuration) return NONE;
    const { usage, choosableCapabilities, additionalUsages, civicAddressId, locationId, allowTenantAddressUpdate, displayedCountryCode } = configuration;
    return {
        usage, capabilities: choosableCapabilities, additionalUsages: additionalUsages ?? [], civicAddressId: civicAddressId ?? null, locationId: locationId ?? null,
        tenantMayUpdate: allowTenantAddressUpdate ?? false, country: displayedCountryCode ?? '',
    };
}

export function formOf({ serviceDetails, configuration }: Settings): SettingsForm {
    return {
        services: Object.fromEntries(SERVICES.map(({ key }) => [key, serviceDetails[key]?.enabled ?? false])),
        synced: { teamsOperatorConnect: syncedOf(serviceDetails.teamsOperatorConnect?.configuration), teamsPhoneMobile: syncedOf(serviceDetails.teamsPhoneMobile?.configuration) },
        header: configuration?.customSipHeader ?? '',
    };
}

// ---- a whole number ----

const entered = (text: Maybe<string>): string | undefined => text?.trim() || undefined;

function configurationOf({ usage = '', capabilities = [], additionalUsages = [], civicAddressId, locationId, tenantMayUpdate = false, country }: SyncedForm): Configuration {
    const [address, location, code] = [civicAddressId, locationId, country].map(entered);
    return {
        usage: usage.trim(), choosableCapabilities: capabilities, ...(additionalUsages.length > 0 && { additionalUsages }),
        ...(address !== undefined && { civicAddressId: address }), ...(location !== undefined && { locationId: location }),
        allowTenantAddressUpdate: tenantMayUpdate, ...(code !== undefined && { displayedCountryCode: code }),
    };
}

/** A service that was on and is not any more keeps nothing; one that was off stays as it was. */
function serviceOf(form: SettingsForm, key: ServiceKey, before: Service | undefined): Service | undefined {
    if (!form.services[key]) return before?.enabled ? { enabled: false } : before;
    return {
        enabled: true, ...(before?.enabled && before.assignmentStatus !== undefined && { assignmentStatus: before.assignmentStatus }),
        ...(isSynced(key) && { configuration: configurationOf(form.synced[key]) }),
    };
}

/** All settings, for a PUT (which replaces) and for new numbers. */
export function settingsOf(form: SettingsForm, before?: Settings): Settings {
    const services = SERVICES.map(({ key }) => [key, serviceOf(form, key, before?.serviceDetails[key])] as const).filter(([, service]) => service !== undefined);
    const header = entered(form.header);
    return { serviceDetails: Object.fromEntries(services) as Settings['serviceDetails'], ...(header !== undefined && { configuration: { customSipHeader: header } }) };
}

/** The services that are on before and off in the form. */
export const switchedOff = (before: SettingsForm, form: SettingsForm): ServiceKey[] => SERVICES.map(({ key }) => key).filter((key) => before.services[key] && !form.services[key]);

// ---- a change of many ----

/** A service that is switched on gets a usage and its capabilities, since it cannot be without; of one that is left as it is only what is named. */
function configurationPatch(form: SyncedForm, on: boolean): Partial<Configuration> | undefined {
    const { usage, capabilities = on ? [] : undefined, additionalUsages, civicAddressId, locationId, tenantMayUpdate, country } = form;
    const text = (name: keyof Configuration, value: Maybe<string>) => (value === undefined ? {} : { [name]: value?.trim() ?? null });
    const patch: Partial<Configuration> = {
        ...(usage !== undefined && { usage: usage.trim() }), ...(capabilities && { choosableCapabilities: capabilities }),
        ...(additionalUsages && { additionalUsages: additionalUsages.length > 0 ? additionalUsages : null }),
        ...text('civicAddressId', civicAddressId), ...text('locationId', locationId),
        ...(tenantMayUpdate !== undefined && { allowTenantAddressUpdate: tenantMayUpdate }), ...text('displayedCountryCode', country),
    };
    return Object.keys(patch).length > 0 ? patch : undefined;
}

function servicePatch(form: SettingsForm, key: ServiceKey) {
    const on = form.services[key];
    if (on === false) return { enabled: false, ...(isSynced(key) && { configuration: null }) };
    const configuration = isSynced(key) ? configurationPatch(form.synced[key], on === true) : undefined;
    if (on === undefined && !configuration) return undefined;
    return { ...(on !== undefined && { enabled: on }), ...(configuration && { configuration }) };
}

/** The merge patch of a change; null where nothing would change. */
export function patchOf(form: SettingsForm): SettingsPatch | null {
    const services = SERVICES.map(({ key }) => [key, servicePatch(form, key)] as const).filter(([, patch]) => patch !== undefined);
    if (services.length === 0 && form.header === undefined) return null;
    return {
        ...(services.length > 0 && { serviceDetails: Object.fromEntries(services) as NonNullable<SettingsPatch['serviceDetails']> }),
        ...(form.header !== undefined && { configuration: { customSipHeader: form.header?.trim() ?? null } }),
    };
}

// ---- what can be seen to be wrong before it is sent; the server checks all of it again, and more ----

export type SyncedField = 'usage' | 'choosableCapabilities' | 'additionalUsages' | 'civicAddressId' | 'locationId' | 'allowTenantAddressUpdate' | 'displayedCountryCode';
export const syncedTarget = (key: SyncedKey, field: SyncedField): string => `serviceDetails.${key}.configuration.${field}`;
export const serviceTarget = (key: ServiceKey): string => `serviceDetails.${key}`;
export const HEADER_TARGET = 'configuration.customSipHeader';

const FIELDS: readonly SyncedField[] = ['usage', 'choosableCapabilities', 'additionalUsages', 'civicAddressId', 'locationId', 'allowTenantAddressUpdate', 'displayedCountryCode'];
/** Every target that the form has a field for. */
export const TARGETS: readonly string[] = [...SERVICES.map(({ key }) => serviceTarget(key)), ...SYNCED.flatMap((key) => FIELDS.map((field) => syncedTarget(key, field))), HEADER_TARGET];

const HEADER = /^[A-Za-z0-9_-]{1,100}$/;

function headerFault(header: Maybe<string>, many: boolean): string | undefined {
    if (header === undefined || header === null || (!many && header.trim() === '')) return undefined;
    return HEADER.test(header.trim()) ? undefined : '1 to 100 letters, digits, - and _.';
}

function syncedFaults(form: SettingsForm, key: SyncedKey, many: boolean): [string, string][] {
    const on = form.services[key];
    if (on === false || (!many && !on)) return [];
    const { usage, civicAddressId, locationId, country } = form.synced[key];
    const texts = [['civicAddressId', 'civic address', civicAddressId], ['locationId', 'location', locationId], ['displayedCountryCode', 'displayed country', country]] as const;
    return [
        ...((on || usage !== undefined) && !entered(usage) ? [[syncedTarget(key, 'usage'), `Choose a usage in ${serviceName(key)}.`] as [string, string]] : []),
        ...(many ? texts.filter(([, , text]) => text !== undefined && text !== null && text.trim() === '')
            .map(([field, name]): [string, string] => [syncedTarget(key, field), `Enter the ${name} in ${serviceName(key)}, or leave it as it is.`]) : []),
    ];
}

/** By target. */
export function faultsOf(form: SettingsForm, use: 'whole' | 'many' = 'whole'): Record<string, string> {
    const header = headerFault(form.header, use === 'many');
    return Object.fromEntries([...SYNCED.flatMap((key) => syncedFaults(form, key, use === 'many')), ...(header ? [[HEADER_TARGET, header] as [string, string]] : [])]);
}

/** The usage of people who call: Teams wants to know where they are. */
export const CALLING = 'CallingUserAssignment';
export const lacksAddress = ({ usage, civicAddressId, locationId, tenantMayUpdate }: SyncedForm): boolean =>
    usage === CALLING && !tenantMayUpdate && !entered(civicAddressId) && !entered(locationId);

// ---- two people edit one number ----

const listed = (words: readonly string[] | undefined) => (words ?? []).join(', ');
const yesNo = (yes: boolean | undefined) => (yes ? 'Yes' : 'No');

const SYNCED_PARTS: readonly [keyof SyncedForm, string, (form: SyncedForm) => string][] = [
    ['usage', 'Usage', ({ usage }) => usage ?? ''],
    ['capabilities', 'Capabilities', ({ capabilities }) => listed(capabilities)],
    ['additionalUsages', 'Additional usages', ({ additionalUsages }) => listed(additionalUsages)],
    ['civicAddressId', 'Civic address', ({ civicAddressId }) => civicAddressId ?? ''],
    ['locationId', 'Location', ({ locationId }) => locationId ?? ''],
    ['tenantMayUpdate', 'The customer may change the address', ({ tenantMayUpdate }) => yesNo(tenantMayUpdate)],
    ['country', 'Displayed country', ({ country }) => country ?? ''],
];

const summary = (form: SyncedForm) => SYNCED_PARTS.map(([, label, read]) => [label, read(form)] as const).filter(([, text]) => text !== '' && text !== 'No').map(([label, text]) => `${label}: ${text}`).join(' · ');

/** On or off, with all that goes with it: a service that only one of the two has is one difference. */
function servicePart(key: ServiceKey, name: string): Part<SettingsForm> {
    return {
        id: key, label: name,
        read: (form) => (!form.services[key] ? 'Off' : isSynced(key) ? `On · ${summary(form.synced[key])}` : 'On'),
        write: (form, from) => {
            const taken = withService(form, key, from.services[key]);
            return isSynced(key) && from.services[key] ? withSynced(taken, key, from.synced[key]) : taken;
        },
        counts: (mine, theirs) => Boolean(mine.services[key]) !== Boolean(theirs.services[key]),
    };
}

export const PARTS: readonly Part<SettingsForm>[] = SERVICES.flatMap(({ key, name }) => [
    servicePart(key, name),
    ...(isSynced(key) ? SYNCED_PARTS.map(([field, label, read]): Part<SettingsForm> => ({
        id: `${key}.${field}`, label: `${label}, ${name}`,
        read: (form) => read(form.synced[key]),
        write: (form, from) => withSynced(form, key, { [field]: from.synced[key][field] }),
        counts: (mine, theirs) => Boolean(mine.services[key]) && Boolean(theirs.services[key]),
    })) : []),
]).concat([{ id: 'header', label: 'Custom SIP header', read: ({ header }) => header ?? '', write: (form, { header }) => ({ ...form, header }) }]);
