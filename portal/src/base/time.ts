/* Times for people: local, with UTC beside it where it matters. */

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function localTime(iso: string): string {
    const at = new Date(iso);
    return Number.isNaN(at.getTime()) ? iso : day.format(at);
}

/** 2026-01-31 09:30:00 UTC */
export function utcTime(iso: string): string {
    const at = new Date(iso);
    return Number.isNaN(at.getTime()) ? iso : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
];

/** "5 minutes ago", "in 2 hours", "just now". */
export function sinceText(iso: string, now = Date.now()): string {
    const seconds = (new Date(iso).getTime() - now) / 1000;
    if (Number.isNaN(seconds)) return iso;
    for (const [unit, length] of UNITS) {
        if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
    }
    return 'just now';
}

const two = (n: number) => String(n).padStart(2, '0');

/** A moment as a datetime-local input holds it, in local time; '' for what is none. */
export function inputOf(iso: string): string {
    const at = new Date(iso);
    if (iso === '' || Number.isNaN(at.getTime())) return '';
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The other way: 2026-01-31T09:30:00Z; '' for what is no moment. */
export function isoOf(input: string): string {
    const at = new Date(input);
    return input === '' || Number.isNaN(at.getTime()) ? '' : `${at.toISOString().slice(0, 19)}Z`;
}
