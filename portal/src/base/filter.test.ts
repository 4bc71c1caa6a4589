import { describe, expect, it } from 'vitest';
import { andFilter, readFilter, writeFilter, type Clause } from './filter';

const clauses: Clause[] = [
    { field: 'name', op: 'contains', value: "o'hara" },
    { field: 'serviceDetails/teamsDirectRouting/enabled', op: 'eq', value: true },
    { field: 'accountName', op: 'eq', value: null },
];

describe('filter', () => {
    it('reads what it writes', () => {
        expect(readFilter(writeFilter(clauses))).toEqual(clauses);
        expect(readFilter('')).toEqual([]);
    });
    it('doubles quotes', () => {
        expect(writeFilter(clauses.slice(0, 1))).toBe("contains(name,'o''hara')");
    });
    it('leaves alone what it would not write', () => {
        for (const text of ["name eq 'a' or name eq 'b'", "not (name eq 'a')", 'name eq', "name eq 'a' and", "name eq 'a"]) {
            expect(readFilter(text), text).toBeNull();
        }
    });
    it('adds a clause to any filter', () => {
        expect(andFilter('', "name gt 'a'")).toBe("name gt 'a'");
        expect(andFilter("name eq 'b'", '')).toBe("name eq 'b'");
        expect(andFilter("a eq 'x' or b eq 'y'", "name gt 'a'")).toBe("(a eq 'x' or b eq 'y') and name gt 'a'");
    });
});
