/* The contract's filter language, as far as the filter bar writes it: clauses joined by `and`.
 * read() gives null for anything it would not have written itself; such a filter is shown and kept as text. */

export type Op = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'startswith' | 'contains';
export type Value = string | boolean | null;
export interface Clause {
    field: string;
    op: Op;
    value: Value;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const literal = (value: Value) => (typeof value === 'string' ? quoted(value) : String(value));

function writeClause({ field, op, value }: Clause): string {
    if (op === 'startswith' || op === 'contains') return `${op}(${field},${literal(value)})`;
    return `${field} ${op} ${literal(value)}`;
}

export function writeFilter(clauses: readonly Clause[]): string {
    return clauses.map(writeClause).join(' and ');
}

const FIELD = '[A-Za-z][A-Za-z0-9]*(?:/[A-Za-z][A-Za-z0-9]*)*';
const LITERAL = "'(?:[^']|'')*'|true|false|null";
const CLAUSE = new RegExp(`^(?:(startswith|contains)\\((${FIELD}),\\s*(${LITERAL})\\)|(${FIELD}) (eq|ne|gt|ge|lt|le) (${LITERAL}))`);

function readLiteral(text: string): Value {
    if (text === 'null') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    return text.slice(1, -1).replaceAll("''", "'");
}

export function readFilter(text: string): Clause[] | null {
    const clauses: Clause[] = [];
    let rest = text.trim();
    while (rest !== '') {
        const match = CLAUSE.exec(rest);
        if (!match) return null;
        clauses.push({
            field: (match[2] ?? match[4])!,
            op: (match[1] ?? match[5]) as Op,
            value: readLiteral((match[3] ?? match[6])!),
        });
        rest = rest.slice(match[0].length);
        if (rest === '') break;
        if (!rest.startsWith(' and ')) return null;
        rest = rest.slice(' and '.length);
    }
    return clauses;
}

/** Both must hold; either may be empty. */
export function andFilter(a: string, b: string): string {
    if (a === '' || b === '') return a + b;
    return readFilter(a) ? `${a} and ${b}` : `(${a}) and ${b}`;
}
