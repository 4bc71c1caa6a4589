import { describe, expect, it } from 'vitest';
import type { Account } from '../../api/client';
import { bodyOf, checkForm, EMPTY, formOf, nameFor, TARGETS, type AccountForm } from './form';
import { differences, merged } from '../../base/merge';
import { PARTS } from './parts';

const regions = ['1r1.gateway.example.net', '1r2.gateway.example.net'];
const on = (form: AccountForm, key: keyof AccountForm['services'], sync = false): AccountForm =>
    ({ ...form, services: { ...form.services, [key]: { enabled: true, sync } } });
const stored = {
    name: 'contoso', serviceDetails: {
        teamsTenantId: 't', teamsOperatorConnect: { enabled: true, syncEnabled: true, numberCount: 3 },
        teamsDirectRouting: {
            enabled: true, syncEnabled: false, subdomainStatus: 'provisioned',
            configuration: { callScreening: false, subdomain: 'contoso', subdomainTokens: { region1Token: 'MS=1', region2Token: 'MS=2' } },
        },
    },
} as Account;

describe('form', () => {
    it('writes back what it read', () => {
        const { serviceDetails } = structuredClone(stored);
        delete (serviceDetails!.teamsOperatorConnect as { numberCount?: number }).numberCount;
        delete (serviceDetails!.teamsDirectRouting as { subdomainStatus?: string }).subdomainStatus;
        expect(bodyOf(formOf(stored), stored, 2)).toEqual({ name: 'contoso', serviceDetails });
    });
    it('leaves out what was never on', () => {
        expect(bodyOf(on({ ...EMPTY, name: ' a ' }, 'zoomPhoneCloudPeering'), undefined, 2)).toEqual({
            name: 'a', serviceDetails: { zoomPhoneCloudPeering: { enabled: true, syncEnabled: false } },
        });
    });
    it('repeats the one token of a deployment of one region', () => {
        const form = on({ ...EMPTY, name: 'a', subdomain: 'a', region1Token: 'MS=1' }, 'teamsDirectRouting');
        expect(bodyOf(form, undefined, 1).serviceDetails!.teamsDirectRouting!.configuration!.subdomainTokens).toEqual({ region1Token: 'MS=1', region2Token: 'MS=1' });
        const before = bodyOf(form, undefined, 1);
        const tokens = bodyOf({ ...formOf(before), region1Token: 'MS=9' }, before, 1).serviceDetails!.teamsDirectRouting!.configuration!.subdomainTokens;
        expect(tokens).toEqual({ region1Token: 'MS=9', region2Token: 'MS=9' });
    });
    it('keeps a second token that somebody has stored there', () => {
        const tokens = bodyOf({ ...formOf(stored), region1Token: 'MS=9' }, stored, 1).serviceDetails!.teamsDirectRouting!.configuration!.subdomainTokens;
        expect(tokens).toEqual({ region1Token: 'MS=9', region2Token: 'MS=2' });
    });
    it('finds what is wrong before it is sent', () => {
        expect(Object.keys(checkForm(EMPTY, regions))).toEqual([TARGETS.name]);
        expect(Object.keys(checkForm({ ...EMPTY, name: 'a b' }, regions))).toEqual([TARGETS.name]);
        expect(Object.keys(checkForm(on({ ...EMPTY, name: 'a' }, 'teamsOperatorConnect', true), regions))).toEqual([TARGETS.tenant]);
        const routed = on({ ...EMPTY, name: 'a', subdomain: 'abcdefghijk', region1Token: 'MS 1' }, 'teamsDirectRouting');
        expect(Object.keys(checkForm(routed, regions)).sort()).toEqual([TARGETS.region1, TARGETS.region2, TARGETS.subdomain].sort());
        expect(checkForm(on({ ...EMPTY, name: 'a' }, 'teamsDirectRouting'), regions)).toEqual({});
        const long = ['1r1.a-rather-long-base-domain-of-an-operator.net'];
        expect(checkForm({ ...routed, subdomain: 'a', region1Token: 'x' }, long)[TARGETS.subdomain]).toContain('longer than 48');
    });
    it('makes a name of a company', () => {
        expect(nameFor(' Café Müller & Söhne GmbH ')).toBe('cafe-muller-sohne-gmbh');
    });
});

describe('merge', () => {
    const base = formOf(stored);
    const mine = { ...base, correlationId: 'x', callScreening: true };
    const theirs = { ...base, correlationId: 'y', subdomain: 'contoso2' };
    it('keeps what I changed and takes what I did not', () => {
        const found = differences(PARTS, base, mine, theirs);
        expect(found.map(({ id, choice, conflict }) => [id, choice, conflict])).toEqual([
            ['correlationId', 'mine', true], ['subdomain', 'theirs', false], ['callScreening', 'mine', false],
        ]);
        expect(merged(PARTS, mine, theirs, found)).toEqual({ ...mine, subdomain: 'contoso2' });
    });
});
