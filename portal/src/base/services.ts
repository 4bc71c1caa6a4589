/* The five services: field name, what people call it, and whether it is sent on to a back end. */

export const SERVICES = [
    { key: 'teamsOperatorConnect', name: 'Operator Connect', short: 'OC', sync: true },
    { key: 'teamsPhoneMobile', name: 'Teams Phone Mobile', short: 'TPM', sync: true },
    { key: 'teamsDirectRouting', name: 'Teams Direct Routing', short: 'DR', sync: false },
    { key: 'zoomPhoneCloudPeering', name: 'Zoom Phone Cloud Peering', short: 'Zoom', sync: false },
    { key: 'azureOperatorCallProtection', name: 'Azure Operator Call Protection', short: 'AOCP', sync: false },
] as const;

export type ServiceKey = (typeof SERVICES)[number]['key'];

export const serviceName = (key: string): string => SERVICES.find((service) => service.key === key)?.name ?? key;

/** The services that are on, in the order above. */
export function enabledServices(details: Partial<Record<ServiceKey, { enabled?: boolean | undefined } | undefined>> | undefined): ServiceKey[] {
    return SERVICES.map(({ key }) => key).filter((key) => details?.[key]?.enabled);
}
