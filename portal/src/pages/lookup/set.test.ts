import { expect, it } from 'vitest';
import type { Lookup } from '../../api/pending';
import { csvOf, entries, foundSet, rowsOf } from './set';

const lookup: Lookup = {
    items: [
        { input: '01632 960000', telephoneNumber: '+441632960000', verdict: 'found', accountName: 'contoso', services: ['teamsDirectRouting'], assignmentStatus: 'assigned' },
        { input: 'nonsense', verdict: 'invalid' },
        { input: '+441632960000', telephoneNumber: '+441632960000', verdict: 'repeated' },
    ],
    counts: { found: 1, unknown: 0, invalid: 1, repeated: 1 },
};

it('counts what was pasted', () => {
    expect(entries('')).toBe(0);
    expect(entries('+44 1632 960000\r\n\n 01632 960001;+44\t+45 , ')).toBe(4);
});

it('keeps places when it filters', () => {
    expect(rowsOf(lookup, 'repeated').map(({ place }) => place)).toEqual([3]);
    expect(rowsOf(lookup, null)).toHaveLength(3);
});

it('takes each number of a set once', () => {
    expect(foundSet(lookup)).toEqual({ numbers: ['+441632960000'], accounts: ['contoso'], assigned: 1, services: new Map([['teamsDirectRouting', 1]]) });
});

it('writes CSV', () => {
    expect(csvOf(lookup.items).split('\r\n')[1]).toBe('01632 960000,+441632960000,found,contoso,Teams Direct Routing,,assigned,,,,');
});
