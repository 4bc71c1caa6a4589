/* What a page of numbers says of its rows: services, assignment, and the set of those that are ticked. */
import type { NumberResource } from '../../api/client';
import { enabledServices, SERVICES } from '../../base/services';
import { SYNCED, type SyncedKey } from '../../base/settings';
import { csvText } from '../../base/csv';

export const numberPage = ({ accountName, telephoneNumber }: Pick<NumberResource, 'accountName' | 'telephoneNumber'>): string => `/accounts/${accountName}/numbers/${telephoneNumber}`;

type Served = Pick<NumberResource, 'serviceDetails'>;

const assignmentIn = ({ serviceDetails }: Served, key: SyncedKey) => (serviceDetails[key]?.enabled ? serviceDetails[key].assignmentStatus : undefined);
/** Somebody in Teams uses it through this service. */
export const isAssignedIn = (row: Served, key: SyncedKey): boolean => assignmentIn(row, key) === 'assigned';
/** Through any. */
export const isAssigned = (row: Served): boolean => SYNCED.some((key) => isAssignedIn(row, key));
export const assignmentOf = (row: Served): string | undefined => (isAssigned(row) ? 'assigned' : SYNCED.map((key) => assignmentIn(row, key)).find(Boolean));

/** How many have a service that is on, by service. */
export function servicesOf(rows: readonly NumberResource[]): Map<string, number> {
    const found = new Map<string, number>();
    for (const key of rows.flatMap(({ serviceDetails }) => enabledServices(serviceDetails))) found.set(key, (found.get(key) ?? 0) + 1);
    return found;
}

/* Headings that an import understands: the path of a field with _ for the dot. */
const FIELDS: readonly string[] = [
    'telephoneNumber', 'accountName',
    ...SERVICES.map(({ key }) => `serviceDetails_${key}_enabled`),
    ...['teamsOperatorConnect', 'teamsPhoneMobile'].flatMap((key) =>
        ['usage', 'choosableCapabilities', 'additionalUsages', 'civicAddressId', 'locationId', 'allowTenantAddressUpdate', 'displayedCountryCode'].map((field) => `serviceDetails_${key}_configuration_${field}`)),
    'configuration_customSipHeader',
];

function valueAt(row: unknown, path: string): string {
    let value: unknown = row;
    for (const name of path.split('_')) value = (value as Record<string, unknown> | undefined)?.[name];
    return Array.isArray(value) ? value.join(';') : value === undefined || value === null ? '' : String(value as string | boolean);
}

export const csvHeadings = (): string => csvText([FIELDS]);
export const csvRows = (rows: readonly NumberResource[]): string => csvText(rows.map((row) => FIELDS.map((path) => valueAt(row, path))));
