/* What can differ between two versions of an account. */
import type { Part as PartOf } from '../../base/merge';
import { SERVICES } from '../../base/services';
import type { AccountForm } from './form';

type Part = PartOf<AccountForm>;

const plain = (id: keyof Omit<AccountForm, 'services'>, label: string): Part =>
    ({ id, label, read: (form) => form[id], write: (form, from) => ({ ...form, [id]: from[id] }) });

export const PARTS: readonly Part[] = [
    plain('correlationId', 'Correlation ID'),
    plain('teamsTenantId', 'Teams tenant ID'),
    ...SERVICES.flatMap(({ key, name, sync }): Part[] => (['enabled', ...(sync ? ['sync' as const] : [])] as const).map((what) => ({
        id: `${key}.${what}`,
        label: what === 'enabled' ? name : `Sync of ${name}`,
        read: (form) => form.services[key][what],
        write: (form, from) => ({ ...form, services: { ...form.services, [key]: { ...form.services[key], [what]: from.services[key][what] } } }),
    }))),
    plain('subdomain', 'Subdomain'),
    plain('region1Token', 'Token, region 1'),
    plain('region2Token', 'Token, region 2'),
    plain('callScreening', 'Call screening'),
];
