import { describe, expect, it } from 'vitest';
import { differences, merged } from './merge';
import { EMPTY, faultsOf, formOf, HEADER_TARGET, KEEP, lacksAddress, PARTS, patchOf, settingsOf, switchedOff, syncedTarget, TARGETS, withAddress, withService, withSynced, type Settings, type SettingsForm } from './settings';

const OC = 'teamsOperatorConnect', TPM = 'teamsPhoneMobile', ZOOM = 'zoomPhoneCloudPeering';
const configuration = {
    usage: 'CallingUserAssignment', choosableCapabilities: ['InboundCalling'], additionalUsages: ['FirstPartyAppAssignment'], civicAddressId: 'a1', locationId: 'l1', allowTenantAddressUpdate: true,
    displayedCountryCode: 'GB',
};
const stored: Settings = { serviceDetails: { [OC]: { enabled: true, assignmentStatus: 'assigned', configuration }, [ZOOM]: { enabled: false } }, configuration: { customSipHeader: 'desk' } };
const withOc = (form: SettingsForm, usage: string) => withSynced(withService(form, OC, true), OC, { usage });

describe('a whole number', () => {
    it('is written back as it was read', () => {
        expect(settingsOf(formOf(stored), stored)).toEqual(stored);
    });
    it('has nothing that was not chosen', () => {
        expect(settingsOf(EMPTY)).toEqual({ serviceDetails: {} });
        expect(settingsOf({ ...withService(withService(EMPTY, 'teamsDirectRouting', true), ZOOM, false), header: ' desk ' })).toEqual({
            serviceDetails: { teamsDirectRouting: { enabled: true } }, configuration: { customSipHeader: 'desk' },
        });
        expect(settingsOf(withOc(EMPTY, 'U')).serviceDetails).toEqual({ [OC]: { enabled: true, configuration: { usage: 'U', choosableCapabilities: [], allowTenantAddressUpdate: false } } });
    });
    it('keeps nothing of a service that is switched off, and says which', () => {
        const off = withService(formOf(stored), OC, false);
        expect(settingsOf(off, stored).serviceDetails).toEqual({ [OC]: { enabled: false }, [ZOOM]: { enabled: false } });
        expect(switchedOff(formOf(stored), off)).toEqual([OC]);
        expect(settingsOf(withService(off, OC, true), stored)).toEqual(stored); // thought better of: nothing was forgotten
    });
    it('leaves alone what is kept of a service that is off anyway', () => {
        const parked: Settings = { serviceDetails: { [TPM]: { enabled: false, configuration } } };
        expect(settingsOf({ ...formOf(parked), header: 'x' }, parked).serviceDetails).toEqual(parked.serviceDetails);
    });
    it('takes a text away that was emptied', () => {
        expect(settingsOf({ ...withSynced(formOf(stored), OC, { civicAddressId: null, locationId: ' ', country: '', additionalUsages: [] }), header: '' }, stored)).toEqual({
            serviceDetails: { [OC]: { enabled: true, assignmentStatus: 'assigned', configuration: { usage: 'CallingUserAssignment', choosableCapabilities: ['InboundCalling'], allowTenantAddressUpdate: true } }, [ZOOM]: { enabled: false } },
        });
    });
});

describe('a change of many', () => {
    it('is of what was chosen, and of nothing else', () => {
        expect(patchOf(KEEP)).toBeNull();
        expect(patchOf(withService(KEEP, ZOOM, false))).toEqual({ serviceDetails: { [ZOOM]: { enabled: false } } });
        expect(patchOf({ ...KEEP, header: null })).toEqual({ configuration: { customSipHeader: null } });
        expect(patchOf({ ...KEEP, header: ' desk ' })).toEqual({ configuration: { customSipHeader: 'desk' } });
        expect(patchOf(withService(withService(KEEP, ZOOM, true), ZOOM, undefined))).toBeNull();
    });
    it('names the settings of a service without touching the others', () => {
        expect(patchOf(withSynced(KEEP, TPM, { civicAddressId: 'a1', locationId: null, tenantMayUpdate: false }))).toEqual({
            serviceDetails: { [TPM]: { configuration: { civicAddressId: 'a1', locationId: null, allowTenantAddressUpdate: false } } },
        });
        expect(patchOf(withSynced(KEEP, OC, { additionalUsages: [], capabilities: [] }))).toEqual({ serviceDetails: { [OC]: { configuration: { choosableCapabilities: [], additionalUsages: null } } } });
    });
    it('takes the location back with the address that it came with', () => {
        const address = (id: string | null | undefined, whole?: string) => patchOf(withSynced(withSynced(KEEP, TPM, withAddress('a1', 'l1')), TPM, withAddress(id, whole)));
        const configured = (configuration: object) => ({ serviceDetails: { [TPM]: { configuration } } });
        expect(address('a2', 'l2')).toEqual(configured({ civicAddressId: 'a2', locationId: 'l2' }));
        expect(address('typed')).toEqual(configured({ civicAddressId: 'typed', locationId: null }));
        expect(address(null)).toEqual(configured({ civicAddressId: null, locationId: null }));
        expect(address(undefined)).toBeNull();
    });
    it('switches a service on with a usage and capabilities, and off with all it had', () => {
        expect(patchOf(withOc(KEEP, 'U'))).toEqual({ serviceDetails: { [OC]: { enabled: true, configuration: { usage: 'U', choosableCapabilities: [] } } } });
        expect(patchOf(withService(withOc(KEEP, 'U'), OC, false))).toEqual({ serviceDetails: { [OC]: { enabled: false, configuration: null } } });
    });
});

describe('what is wrong', () => {
    it('is a service without a usage', () => {
        expect(Object.keys(faultsOf(withService(EMPTY, OC, true)))).toEqual([syncedTarget(OC, 'usage')]);
        expect(faultsOf(withOc(EMPTY, 'U'))).toEqual({});
        expect(Object.keys(faultsOf(withService(KEEP, OC, true), 'many'))).toEqual([syncedTarget(OC, 'usage')]);
        expect(faultsOf(withOc(KEEP, 'U'), 'many')).toEqual({});
        expect(faultsOf(withService(KEEP, OC, false), 'many')).toEqual({});
    });
    it('is a text that a change shall set and that nobody has entered', () => {
        expect(Object.keys(faultsOf(withSynced(KEEP, OC, { country: ' ', civicAddressId: null }), 'many'))).toEqual([syncedTarget(OC, 'displayedCountryCode')]);
        expect(faultsOf(withSynced(KEEP, OC, { civicAddressId: '' }), 'many')[syncedTarget(OC, 'civicAddressId')]).toBe('Enter the civic address in Operator Connect, or leave it as it is.');
        expect(faultsOf(withSynced(EMPTY, OC, { country: ' ' }))).toEqual({});
    });
    it('is a header that cannot be one', () => {
        const headers: [string | null | undefined, boolean, boolean][] = [['desk', true, true], ['a b', false, false], ['', true, false], [null, true, true], [undefined, true, true], ['x'.repeat(101), false, false]];
        headers.forEach(([header, whole, many], n) => {
            expect(faultsOf({ ...EMPTY, header })[HEADER_TARGET] === undefined, `${n}`).toBe(whole);
            expect(faultsOf({ ...KEEP, header }, 'many')[HEADER_TARGET] === undefined, `${n}`).toBe(many);
        });
    });
    it('has a field in the form', () => {
        expect(TARGETS).toContain(HEADER_TARGET);
        expect(TARGETS).toContain(`serviceDetails.${TPM}.configuration.locationId`);
    });
    it('is people who call and are nowhere', () => {
        expect(lacksAddress({ usage: 'CallingUserAssignment', tenantMayUpdate: false, civicAddressId: null })).toBe(true);
        expect(lacksAddress({ usage: 'CallingUserAssignment', tenantMayUpdate: true })).toBe(false);
        expect(lacksAddress({ usage: 'CallingUserAssignment', locationId: 'l1' })).toBe(false);
        expect(lacksAddress({ usage: 'ConferenceAssignment' })).toBe(false);
    });
});

describe('two people', () => {
    const base = formOf(stored);
    it('are both heard, field by field', () => {
        const mine = { ...withSynced(base, OC, { country: 'IE' }), header: 'mine' }, theirs = { ...withSynced(base, OC, { tenantMayUpdate: false }), header: 'theirs' };
        const found = differences(PARTS, base, mine, theirs);
        expect(found.map(({ id, choice, conflict }) => [id, choice, conflict])).toEqual([[`${OC}.tenantMayUpdate`, 'theirs', false], [`${OC}.country`, 'mine', false], ['header', 'mine', true]]);
        expect(merged(PARTS, mine, theirs, found)).toEqual(withSynced(mine, OC, { tenantMayUpdate: false }));
    });
    it('of whom one switches off what the other sets have one difference, and lose nothing', () => {
        const mine = withSynced(base, OC, { usage: 'ConferenceAssignment' }), theirs = formOf({ serviceDetails: { [OC]: { enabled: false } }, configuration: { customSipHeader: 'desk' } });
        const found = differences(PARTS, base, mine, theirs);
        expect(found.map(({ id, theirs: now, choice, conflict }) => [id, now, choice, conflict])).toEqual([[OC, 'Off', 'mine', true]]);
        expect(found[0]!.mine).toContain('Usage: ConferenceAssignment');
        const taken = merged(PARTS, mine, theirs, [{ ...found[0]!, choice: 'theirs' }]);
        expect(taken.services[OC]).toBe(false);
        expect(taken.synced[OC].usage).toBe('ConferenceAssignment');
    });
    it('of whom one switches on take what the other chose for it', () => {
        const before = formOf({ serviceDetails: {} }), theirs = formOf(stored);
        const found = differences(PARTS, before, before, theirs);
        expect(found.map(({ id, choice }) => [id, choice])).toEqual([[OC, 'theirs'], ['header', 'theirs']]);
        expect(settingsOf(merged(PARTS, before, theirs, found), stored)).toEqual(stored);
    });
});
