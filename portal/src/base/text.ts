/* Words and counts. */

const digits = new Intl.NumberFormat();

export const count = (n: number): string => digits.format(n);

/** "1 number", "2,000 numbers". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** `consentDeclined` or `ConsentDeclined` → "Consent declined". */
export function wordsOf(name: string): string {
    const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
    return words.charAt(0).toUpperCase() + words.slice(1);
}

const UUID = /[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$)/i;

/** Who did something: a person's name as it is; a program, which has only an id, as "client 1f2a7b8c". */
export function whoText(name: string | undefined, caller = ''): string {
    const who = name || caller;
    const id = UUID.exec(who);
    return id ? `client ${id[0]}` : who;
}

/** The server's sentences begin small; on a page they begin with a capital. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
