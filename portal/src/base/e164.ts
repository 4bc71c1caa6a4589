/* Telephone numbers as this page shows and reads them. */

/** The (0) of those who call from within the country: no digit of a number that has its country code. */
const TRUNK = /^(\s*(?:\+|00)[^(]*\d[^(]*)\(0\)/;

/** What somebody typed as a number with its plus sign, or null. */
export function readNumber(text: string): string | null {
    const digits = text.replace(TRUNK, '$1').replace(/[\s().-]/g, '').replace(/^00/, '+');
    return /^\+?[1-9]\d{1,14}$/.test(digits) ? (digits.startsWith('+') ? digits : `+${digits}`) : null;
}

/** The `after` of a list that makes it begin with this number. */
export function justBefore(text: string): string | null {
    const number = readNumber(text);
    return number === null ? null : `+${BigInt(number.slice(1)) - 1n}`;
}

/** "+441632960000–0099": the digits that differ, once. */
export function rangeText(from: string, to: string): string {
    if (from === to) return from;
    let same = 0;
    while (from.length === to.length && same < from.length && from[same] === to[same]) same++;
    const kept = Math.min(same, Math.max(to.length - 4, 0)); // four digits at least
    return from.length === to.length ? `${from}–${to.slice(kept)}` : `${from} – ${to}`;
}

/** "+441632960000-0099", as people write a range, with braces; null: it is a number whose last digits stand apart, as in "+44 1632 96-0000". */
function bracedRange(text: string): string | null {
    const [, from = '', last = ''] = /^(.*\d)\s*[-–]\s*(\d{1,4})$/.exec(text) ?? [];
    const first = readNumber(from);
    if (first === null || first.length + last.length <= (first.startsWith('+1') ? 12 : 14)) return null; // no number is longer than that, but for very few
    const kept = first.slice(0, -last.length), begin = first.slice(-last.length);
    return begin < last ? `${kept}{${begin}-${last}}` : text;
}

/** A number that begins with + or 00, without what people put between its digits, or a range. Anything else stays as it is: what is meant by it is not known. */
const entryOf = (text: string): string => (/^(\+|00)/.test(text) ? bracedRange(text) ?? readNumber(text) ?? text : text);

/** The entries of a list that somebody typed: one a line, or with commas, semicolons or tabs between them. A blank may be within a number. */
export const entriesOf = (text: string): string[] => text.split(/[\r\n\t,;]+/).map((part) => part.trim()).filter((part) => part !== '').map(entryOf);

/** The numbers of such a list; none where one of its entries is a range, or no number. */
export function numbersOf(text: string): string[] {
    const entries = entriesOf(text);
    return entries.every((entry) => /^\+[1-9]\d{2,14}$/.test(entry)) ? [...new Set(entries)] : [];
}

/** A filter for the numbers from one to another. */
export const betweenFilter = (from: string, to: string): string => `telephoneNumber ge '${from}' and telephoneNumber le '${to}'`;
