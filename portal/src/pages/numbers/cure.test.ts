import { expect, it } from 'vitest';
import { cureOf } from './cure';

it('knows what to do about any failure', () => {
    expect(cureOf('AddressRequired', true)).toContain('civic address');
    expect(cureOf('ConsentRequired', true)).not.toContain('save');
    expect(cureOf('NumberHeldByOtherTenant', true)).toMatch(/give it up first\. Then save again\.$/);
    expect(cureOf('SomethingNew', true)).toContain('save');
});

it('tells nobody to save who cannot', () => {
    expect(cureOf('AddressRequired', false)).toBe('');
    expect(cureOf('SomethingNew', false)).toBe('');
    expect(cureOf('ConsentRequired', false)).toContain('consent');
    expect(cureOf('NumberHeldByOtherTenant', false)).toMatch(/give it up first\.$/);
});
