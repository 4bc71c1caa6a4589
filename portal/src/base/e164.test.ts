import { expect, it } from 'vitest';
import { entriesOf, justBefore, numbersOf, rangeText, readNumber } from './e164';

it('reads a number as people type it', () => {
    expect(readNumber('+44 1632 (96)0-000')).toBe('+441632960000');
    expect(readNumber('0044 1632960000')).toBe('+441632960000');
    expect(readNumber('01632960000')).toBeNull();
    expect(readNumber('abc')).toBeNull();
});

it('makes a list begin with a number', () => {
    expect(justBefore('+441632960000')).toBe('+441632959999');
    expect(justBefore('x')).toBeNull();
});

it('shows a range by what differs', () => {
    expect(rangeText('+441632960000', '+441632960099')).toBe('+441632960000–0099');
    expect(rangeText('+441632960000', '+441632960000')).toBe('+441632960000');
    expect(rangeText('+441632960000', '+441639960000')).toBe('+441632960000–9960000');
});

it('takes a list apart', () => {
    expect(entriesOf(' +441\r\n+442, +443;;+4416329600{00-99}\n')).toEqual(['+441', '+442', '+443', '+4416329600{00-99}']);
});

it('knows the numbers of a list, unless it holds a range or no number', () => {
    expect(numbersOf('+441632960000\n+44 1632960001')).toEqual([]); // a blank ends an entry
    expect(numbersOf('+441632960000\n+441632960001;+441632960000')).toEqual(['+441632960000', '+441632960001']);
    expect(numbersOf('+441632960000\n+4416329600{10-19}')).toEqual([]);
    expect(numbersOf('+441632960000\n+')).toEqual([]);
    expect(numbersOf('')).toEqual([]);
});
