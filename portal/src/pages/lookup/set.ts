/* What was pasted and what came back: limits, the rows of a verdict, the set that was found, and all of it as CSV. */
import type { Lookup, LookupItem, Verdict } from '../../api/pending';
import { serviceName } from '../../base/services';
import { csvText } from '../../base/csv';

export const NUMBERS_MAX = 10_000;
export const VERDICTS: readonly Verdict[] = ['found', 'unknown', 'invalid', 'repeated'];
export const isVerdict = (text: string | null): text is Verdict => (VERDICTS as readonly (string | null)[]).includes(text);

/** How many numbers a text has, as the server separates them. */
export const entries = (text: string): number => text.split(/[\r\n\t,;]+/).filter((part) => part.trim() !== '').length;

export interface Row extends LookupItem {
    /** Its place in what was pasted, from 1 on. */
    place: number;
}

export const rowsOf = (lookup: Lookup, verdict: Verdict | null): Row[] =>
    lookup.items.map((item, n) => ({ ...item, place: n + 1 })).filter((row) => verdict === null || row.verdict === verdict);

const HEADERS = ['input', 'telephoneNumber', 'verdict', 'accountName', 'services', 'serviceProvisioningStatus', 'assignmentStatus', 'customSipHeader', 'changedWay', 'changedBy', 'changedAt'];

export const csvOf = (rows: readonly LookupItem[]): string =>
    csvText([HEADERS, ...rows.map((row) => [
        row.input, row.telephoneNumber, row.verdict, row.accountName, row.services?.map(serviceName).join('; '), row.serviceProvisioningStatus, row.assignmentStatus,
        row.customSipHeader, row.changedBy?.way, row.changedBy?.name, row.changedBy?.at,
    ])]);

/** The numbers that somebody has, each once, with whose they are. */
export interface FoundSet {
    numbers: string[];
    accounts: string[];
    assigned: number;
    /** How many have a service that is on, by service. */
    services: Map<string, number>;
}

export function foundSet(lookup: Lookup): FoundSet {
    const found = lookup.items.filter((item) => item.verdict === 'found');
    const services = new Map<string, number>();
    for (const key of found.flatMap((item) => item.services ?? [])) services.set(key, (services.get(key) ?? 0) + 1);
    return {
        numbers: found.map((item) => item.telephoneNumber!),
        accounts: [...new Set(found.map((item) => item.accountName!))].sort(),
        assigned: found.filter((item) => item.assignmentStatus === 'assigned').length,
        services,
    };
}
