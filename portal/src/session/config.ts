/* What the daemon says about signing in: /portal/config.json, read once. */

export interface PortalConfig {
    issuer: string;
    authorizationEndpoint: string;
    tokenEndpoint: string;
    endSessionEndpoint?: string;
    clientId: string;
    scope: string;
    /** Where the issuer sends people back to: the portal's own address. */
    redirectUri: string;
    version: string;
}

/** An issuer of many directories names none in what it says of itself, so that no identity token can be told to be of it. */
export function checkedConfig(config: PortalConfig): PortalConfig {
    if (!/\{tenant_?id\}/i.test(config.issuer)) return config;
    throw new Error(`Nobody can sign in here: the portal's issuer is ${config.issuer}, which stands for many directories. Whoever runs the gateway names one of a single directory in [portal] issuer.`);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits as told while the daemon has not yet read the issuer's discovery document. */
export async function loadConfig(): Promise<PortalConfig> {
    for (;;) {
        const response = await fetch('/portal/config.json', { cache: 'no-cache', credentials: 'omit' });
        if (response.ok) return checkedConfig((await response.json()) as PortalConfig);
        if (response.status !== 503) throw new Error(`The portal's settings could not be read (${response.status}).`);
        await wait(1000 * Math.min(Number(response.headers.get('Retry-After')) || 2, 10));
    }
}
