/* The filter of a list, in the contract's own language and in the address. Fields that people use have a control each; a filter that
 * somebody wrote otherwise is shown, and changed, as text. */
import { Button, Field, Input, makeStyles, SearchBox, Select, tokens } from '@fluentui/react-components';
import { Code20Regular, DismissCircle20Regular, Filter20Regular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { readFilter, writeFilter, type Clause, type Op, type Value } from '../base/filter';
import { Hint } from './Hint';
import { useNarrow } from './useNarrow';

/** Below this width in pixels only the first field is shown until the others are asked for. */
const NARROW = 560;

export interface TextField {
    kind: 'text';
    field: string;
    label: string;
    op: Extract<Op, 'contains' | 'startswith' | 'eq'>;
    /** Makes what was typed what the field holds, such as a number without its spaces. */
    clean?: (text: string) => string;
}
export interface ChoiceField {
    kind: 'choice';
    label: string;
    options: { text: string; clause: Clause }[];
}
export type FilterField = TextField | ChoiceField;

const useStyles = makeStyles({
    bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-end', gap: '12px', marginBottom: '12px' },
    search: { flex: '1 1 170px', maxWidth: '300px', minWidth: 0 },
    box: { width: '100%', minWidth: 0, maxWidth: 'none', '& input': { width: '100%', minWidth: 0 } },
    choice: { flex: '0 1 160px', minWidth: '130px' },
    select: { minWidth: 0, '& select': { width: '100%', minWidth: 0, textOverflow: 'ellipsis' } },
    text: { flex: '1 1 320px', fontFamily: tokens.fontFamilyMonospace },
});

const same = (a: Clause, b: Clause) => a.field === b.field && a.op === b.op && a.value === b.value;

/** What each control shows, and what no control can show. */
function split(clauses: Clause[], fields: readonly FilterField[]): { values: (Value | undefined)[]; rest: Clause[] } {
    let rest = clauses;
    const values = fields.map((field) => {
        const hit = field.kind === 'text'
            ? rest.find((clause) => clause.field === field.field && clause.op === field.op)
            : rest.find((clause) => field.options.some((option) => same(option.clause, clause)));
        if (!hit) return undefined;
        rest = rest.filter((clause) => clause !== hit);
        return field.kind === 'text' ? hit.value : field.options.find((option) => same(option.clause, hit))!.text;
    });
    return { values, rest };
}

function joined(fields: readonly FilterField[], values: readonly (Value | undefined)[]): string {
    return writeFilter(fields.flatMap((field, n): Clause[] => {
        const value = values[n];
        if (value === undefined || value === '') return [];
        if (field.kind === 'text') return [{ field: field.field, op: field.op, value }];
        return field.options.filter(({ text }) => text === value).map(({ clause }) => clause);
    }));
}

/** Typing waits a moment before it becomes the address. */
function TextFilter({ field, value, onChange }: { field: TextField; value: string; onChange: (value: string) => void }) {
    const styles = useStyles();
    const [text, setText] = useState(value);
    useEffect(() => setText(value), [value]);
    const cleaned = field.clean ? field.clean(text) : text;
    useEffect(() => {
        if (cleaned === value) return;
        const timer = setTimeout(() => onChange(cleaned), 350);
        return () => clearTimeout(timer);
    }, [cleaned, value, onChange]);
    return (
        <Field label={field.label} className={styles.search}>
            <SearchBox className={styles.box} value={text} onChange={(_, data) => setText(data.value)} onKeyDown={(event) => event.key === 'Enter' && onChange(cleaned)} />
        </Field>
    );
}

function ChoiceFilter({ field, value, onChange }: { field: ChoiceField; value: string; onChange: (value: string) => void }) {
    const styles = useStyles();
    return (
        <Field label={field.label} className={styles.choice}>
            <Select className={styles.select} value={value} onChange={(_, data) => onChange(data.value)}>
                <option value="">Any</option>
                {field.options.map(({ text }) => <option key={text} value={text}>{text}</option>)}
            </Select>
        </Field>
    );
}

/** The filter as it is sent, for what the controls cannot say. */
function ExpertFilter({ filter, onChange }: { filter: string; onChange: (filter: string) => void }) {
    const styles = useStyles();
    const [text, setText] = useState(filter);
    useEffect(() => setText(filter), [filter]);
    return (
        <Field label="Filter expression" hint="Press Enter to apply" className={styles.text}>
            <Input className={styles.text} value={text} spellCheck={false} onChange={(_, data) => setText(data.value)}
                onKeyDown={(event) => event.key === 'Enter' && onChange(text.trim())} onBlur={() => text.trim() !== filter && onChange(text.trim())} />
        </Field>
    );
}

export function FilterBar({ fields, filter, onChange, label = 'Filter' }: { fields: readonly FilterField[]; filter: string; onChange: (filter: string) => void; label?: string }) {
    const styles = useStyles();
    const [asked, setAsked] = useState(false);
    const [all, setAll] = useState(false);
    const bar = useRef<HTMLDivElement>(null);
    const narrow = useNarrow(bar, NARROW);
    const clauses = readFilter(filter);
    const { values, rest } = split(clauses ?? [], fields);
    const expert = asked || clauses === null || rest.length > 0;
    const folded = narrow && !all && !expert;
    const hidden = values.filter((value, n) => n > 0 && value !== undefined).length;
    const change = (n: number, value: string) => onChange(joined(fields, values.map((old, at) => (at === n ? value : old))));
    return (
        <div ref={bar} role="search" aria-label={label} className={styles.bar}>
            {expert
                ? <ExpertFilter filter={filter} onChange={onChange} />
                : fields.slice(0, folded ? 1 : undefined).map((field, n) => field.kind === 'text'
                    ? <TextFilter key={field.label} field={field} value={String(values[n] ?? '')} onChange={(value) => change(n, value)} />
                    : <ChoiceFilter key={field.label} field={field} value={String(values[n] ?? '')} onChange={(value) => change(n, value)} />)}
            {narrow && !expert && fields.length > 1 && (
                <Button icon={<Filter20Regular />} aria-expanded={all} onClick={() => setAll(!all)}>{all ? 'Fewer' : hidden > 0 ? `Filters (${hidden})` : 'Filters'}</Button>
            )}
            {filter !== '' && <Button appearance="subtle" icon={<DismissCircle20Regular />} onClick={() => { setAsked(false); onChange(''); }}>Clear</Button>}
            {(!expert || asked) && !folded && (
                <Hint content="Filter expression" label>
                    <Button appearance="subtle" icon={<Code20Regular />} aria-pressed={asked} onClick={() => setAsked(!asked)} />
                </Hint>
            )}
        </div>
    );
}
