import { expect, it } from 'vitest';
import { addressLine } from './address';

it('writes what there is of an address on one line', () => {
    expect(addressLine({ houseNumber: '1', houseNumberSuffix: 'b', streetName: 'Example', streetSuffix: 'Street', cityOrTown: 'London', postalOrZipCode: 'SW1A 1AA', country: 'GB' }))
        .toBe('1b Example Street, London, SW1A 1AA, GB');
    expect(addressLine({})).toBe('');
});
