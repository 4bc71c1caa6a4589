import { expect, it } from 'vitest';
import { inputOf, isoOf, sinceText, utcTime } from './time';

const now = Date.parse('2026-03-01T12:00:00Z');

it('says how long ago', () => {
    expect(sinceText('2026-03-01T11:59:30Z', now)).toBe('just now');
    expect(sinceText('2026-03-01T11:55:00Z', now)).toBe('5 minutes ago');
    expect(sinceText('2026-03-01T14:00:00Z', now)).toBe('in 2 hours');
    expect(sinceText('2026-02-27T12:00:00Z', now)).toBe('2 days ago');
});

it('shows what is no time as it is', () => {
    expect(utcTime('soon')).toBe('soon');
    expect(utcTime('2026-03-01T12:00:00Z')).toBe('2026-03-01 12:00:00 UTC');
});

it('goes to a local input and back', () => {
    expect(isoOf(inputOf('2026-03-01T11:59:00Z'))).toBe('2026-03-01T11:59:00Z');
    expect([inputOf(''), inputOf('nonsense'), isoOf(''), isoOf('nonsense')]).toEqual(['', '', '', '']);
});
