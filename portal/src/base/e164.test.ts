import { expect, it } from 'vitest';
import { entriesOf, justBefore, numbersOf, rangeText, readNumber } from './e164';

it('reads a number as people type it', () => {
    expect(readNumber('+44 1632 (96)0-000')).toBe('+441632960000');
    expect(readNumber('0044 1632960000')).toBe('+441632960000');
    expect(readNumber('+44 (0)1632 960-000')).toBe('+441632960000');
    expect(readNumber('0044(0) 1632 960000')).toBe('+441632960000');
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

it('takes a number of a list as people type it, if it begins with its country code', () => {
    expect(entriesOf('+44 1134 963 150\n 0044 (113) 496-3151 ;+44.1134963152\t+441134963153')).toEqual(['+441134963150', '+441134963151', '+441134963152', '+441134963153']);
    expect(entriesOf('1134 963 150, 441134963150\n(0113) 4963150\n00')).toEqual(['1134 963 150', '441134963150', '(0113) 4963150', '00']); // what is meant is not known
    expect(entriesOf('+441134963150 +441134963151')).toEqual(['+441134963150 +441134963151']); // no number
    expect(entriesOf('+44 (0)1134 963150')).toEqual(['+441134963150']);
    expect(entriesOf('+44 1134 9631{00-99}')).toEqual(['+44 1134 9631{00-99}']);
});

it('takes a range as people write it, and not for a long number', () => {
    expect(entriesOf('+441632960000-0099\n+441632960000–0099\n+44 1632 960000 - 05\n0044 1632 960 010-019')).toEqual(
        ['+44163296{0000-0099}', '+44163296{0000-0099}', '+4416329600{00-05}', '+441632960{010-019}']);
    expect(entriesOf('+1 425 555-0100-0199; +14255550100-99')).toEqual(['+1425555{0100-0199}', '+142555501{00-99}']);
    expect(entriesOf('+44 1632 96-0000, +1 425 555-0100; +49 89 1234567-89')).toEqual(['+441632960000', '+14255550100', '+4989123456789']);
    expect(entriesOf('+441632960050-00')).toEqual(['+441632960050-00']); // counts down: no number either
});

it('knows the numbers of a list, unless it holds a range or no number', () => {
    expect(numbersOf('+441632960000\n+44 1632 960001')).toEqual(['+441632960000', '+441632960001']);
    expect(numbersOf('+441632960000\n1632960001')).toEqual([]);
    expect(numbersOf('+441632960000\n+441632960001;+441632960000')).toEqual(['+441632960000', '+441632960001']);
    expect(numbersOf('+441632960000\n+4416329600{10-19}')).toEqual([]);
    expect(numbersOf('+441632960000\n+')).toEqual([]);
    expect(numbersOf('')).toEqual([]);
});
