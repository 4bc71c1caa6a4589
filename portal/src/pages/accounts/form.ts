/* What the account form holds, and its two directions: from a stored account, and into the body of a PUT. */
import type { Account } from '../../api/client';
import { SERVICES, type ServiceKey } from '../../base/services';

export interface ServiceChoice {
    enabled: boolean;
    sync: boolean;
}

export interface AccountForm {
    name: string;
    correlationId: string;
    teamsTenantId: string;
    services: Record<ServiceKey, ServiceChoice>;
    subdomain: string;
    region1Token: string;
    region2Token: string;
    callScreening: boolean;
}

export const EMPTY: AccountForm = {
    name: '', correlationId: '', teamsTenantId: '',
    services: Object.fromEntries(SERVICES.map(({ key }) => [key, { enabled: false, sync: false }])) as AccountForm['services'],
    subdomain: '', region1Token: '', region2Token: '', callScreening: true,
};

type Stored = { enabled?: boolean; syncEnabled?: boolean; numberCount?: number } | undefined;
export const storedService = (account: Account | undefined, key: ServiceKey): Stored => account?.serviceDetails?.[key];

export function formOf(account: Account): AccountForm {
    const details = account.serviceDetails;
    const configuration = details?.teamsDirectRouting?.configuration;
    return {
        name: account.name,
        correlationId: account.correlationId ?? '',
        teamsTenantId: details?.teamsTenantId ?? '',
        services: Object.fromEntries(SERVICES.map(({ key }) => {
            const stored = storedService(account, key);
            return [key, { enabled: stored?.enabled ?? false, sync: stored?.syncEnabled ?? false }];
        })) as AccountForm['services'],
        subdomain: configuration?.subdomain ?? '',
        region1Token: configuration?.subdomainTokens.region1Token ?? '',
        region2Token: configuration?.subdomainTokens.region2Token ?? '',
        callScreening: configuration?.callScreening ?? true,
    };
}

/** A deployment of one region asks for one token; the contract wants two. The first one goes as both, but for a second one that somebody
 * has stored by the API: nothing uses it, and it stays. */
function secondToken(form: AccountForm, before: Account | undefined, regions: number): string {
    if (regions > 1) return form.region2Token.trim();
    const stored = before?.serviceDetails?.teamsDirectRouting?.configuration?.subdomainTokens;
    return stored && stored.region2Token !== stored.region1Token ? stored.region2Token : form.region1Token.trim();
}

function directRouting(form: AccountForm, before: Account | undefined, regions: number) {
    const { enabled, sync } = form.services.teamsDirectRouting;
    const configured = enabled && form.subdomain.trim() !== '';
    return {
        enabled, syncEnabled: sync,
        ...(configured && {
            configuration: {
                callScreening: form.callScreening,
                subdomain: form.subdomain.trim(),
                subdomainTokens: { region1Token: form.region1Token.trim(), region2Token: secondToken(form, before, regions) },
            },
        }),
    };
}

/** Everything a PUT needs: it replaces. A service that is off and never was on is left out. */
export function bodyOf(form: AccountForm, before: Account | undefined, regions: number): Account {
    const services: Record<string, unknown> = {};
    for (const { key } of SERVICES) {
        const { enabled, sync } = form.services[key];
        if (!enabled && !storedService(before, key)) continue;
        if (key === 'teamsDirectRouting') services[key] = directRouting(form, before, regions);
        else services[key] = key === 'azureOperatorCallProtection' ? { enabled } : { enabled, syncEnabled: enabled && sync };
    }
    const tenant = form.teamsTenantId.trim();
    return {
        name: form.name.trim(),
        ...(form.correlationId.trim() !== '' && { correlationId: form.correlationId.trim() }),
        serviceDetails: { ...(tenant !== '' && { teamsTenantId: tenant }), ...services },
    } as Account;
}

export const TARGETS = {
    name: 'name',
    correlationId: 'correlationId',
    tenant: 'serviceDetails.teamsTenantId',
    subdomain: 'serviceDetails.teamsDirectRouting.configuration.subdomain',
    region1: 'serviceDetails.teamsDirectRouting.configuration.subdomainTokens.region1Token',
    region2: 'serviceDetails.teamsDirectRouting.configuration.subdomainTokens.region2Token',
    ...(Object.fromEntries(SERVICES.map(({ key }) => [key, `serviceDetails.${key}`])) as Record<ServiceKey, string>),
};

const NAME_MAX = 100, LABEL_MAX = 10, TOKEN_MAX = 100, FULL_NAME_MAX = 48;
const NAME = /^[A-Za-z0-9_-]+$/, TOKEN = /^[A-Za-z0-9=_-]+$/;

export const fullName = (subdomain: string, region: string): string => `${subdomain.trim() || 'label'}.${region}`;

function checkToken(token: string): string | undefined {
    if (token === '') return 'Needed with a subdomain. The customer finds it in the Microsoft 365 admin centre.';
    if (token.length > TOKEN_MAX) return `At most ${TOKEN_MAX} characters.`;
    return TOKEN.test(token) ? undefined : 'Letters, digits, =, - and _ only; paste the value alone, without quotes.';
}

function checkSubdomain(form: AccountForm, regions: readonly string[]): Record<string, string> {
    const found: Record<string, string> = {};
    const label = form.subdomain.trim();
    const tokens = [form.region1Token, ...(regions.length > 1 ? [form.region2Token] : [])].map((token) => token.trim());
    if (label === '') return tokens.some(Boolean) ? { [TARGETS.subdomain]: 'Tokens are of a subdomain: enter its label.' } : found;
    const long = regions.find((region) => fullName(label, region).length > FULL_NAME_MAX);
    if (!NAME.test(label)) found[TARGETS.subdomain] = 'Letters, digits, - and _ only.';
    else if (label.length > LABEL_MAX) found[TARGETS.subdomain] = `At most ${LABEL_MAX} characters.`;
    else if (long) found[TARGETS.subdomain] = `${fullName(label, long)} is longer than ${FULL_NAME_MAX} characters, which Microsoft 365 refuses.`;
    tokens.forEach((token, n) => {
        const fault = checkToken(token);
        if (fault) found[n === 0 ? TARGETS.region1 : TARGETS.region2] = fault;
    });
    return found;
}

/** What can be seen to be wrong before it is sent, by target. The server checks all of it again, and more. */
export function checkForm(form: AccountForm, regions: readonly string[]): Record<string, string> {
    const found: Record<string, string> = {};
    const name = form.name.trim();
    if (name === '') found[TARGETS.name] = 'Give the account a name.';
    else if (!NAME.test(name)) found[TARGETS.name] = 'Letters, digits, - and _ only.';
    else if (name.length > NAME_MAX) found[TARGETS.name] = `At most ${NAME_MAX} characters.`;
    const synced = SERVICES.some(({ key, sync }) => sync && form.services[key].enabled && form.services[key].sync);
    if (synced && form.teamsTenantId.trim() === '') found[TARGETS.tenant] = 'Synchronization needs the tenant the numbers go to.';
    return form.services.teamsDirectRouting.enabled ? { ...found, ...checkSubdomain(form, regions) } : found;
}

/** contoso Ltd. → contoso-Ltd */
export const nameFor = (company: string): string => company.normalize('NFKD').replace(/\p{M}+/gu, '').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').toLowerCase().slice(0, NAME_MAX);
