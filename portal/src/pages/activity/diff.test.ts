import { expect, it } from 'vitest';
import { changes, shortPath } from './diff';

it('says only what differs', () => {
    const before = { name: 'a', serviceDetails: { one: { enabled: false }, gone: { enabled: true } } };
    const after = { name: 'a', serviceDetails: { one: { enabled: true } }, list: [{ code: 'X' }], nothing: null };
    expect(changes(before, after)).toEqual([
        { path: 'serviceDetails.one.enabled', before: 'false', after: 'true' },
        { path: 'list[0].code', after: 'X' },
        { path: 'serviceDetails.gone.enabled', before: 'true' },
    ]);
});

it('says all of what was made or is gone, and nothing of what is equal', () => {
    expect(changes(undefined, { a: 1 })).toEqual([{ path: 'a', after: '1' }]);
    expect(changes({ a: 1 }, undefined)).toEqual([{ path: 'a', before: '1' }]);
    expect(changes({ a: [1, 2] }, { a: [1, 2] })).toEqual([]);
    expect(changes(null, null)).toEqual([]);
});

it('shortens paths', () => {
    expect(shortPath('serviceDetails.teamsDirectRouting.enabled')).toBe('teamsDirectRouting.enabled');
    expect(shortPath('configuration.customSipHeader')).toBe('customSipHeader');
});
