import { expect, it } from 'vitest';
import { checkedConfig, type PortalConfig } from './config';

const config = (issuer: string): PortalConfig => ({ issuer, authorizationEndpoint: '', tokenEndpoint: '', clientId: '', scope: '', redirectUri: '', version: '' });

it('takes an issuer of one directory, and says why not that of many', () => {
    expect(checkedConfig(config('https://issuer.test/a/v2.0')).issuer).toBe('https://issuer.test/a/v2.0');
    expect(() => checkedConfig(config('https://issuer.test/{tenantid}/v2.0'))).toThrow(/\{tenantid\}.*many directories.*\[portal\] issuer/);
});
