/* What the audit can be asked for. What is typed waits a moment before it becomes the address. */
import { Button, Field, Input, makeStyles, Select } from '@fluentui/react-components';
import { DismissCircle20Regular, Filter20Regular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { KINDS } from '../../base/activity';
import { inputOf, isoOf } from '../../base/time';
import { useNarrow } from '../../ui';
import type { FilterName, Filters } from './audit';

const NARROW = 560, TYPING_MS = 350;

const useStyles = makeStyles({
    bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-end', gap: '12px', marginBottom: '12px' },
    field: { flex: '1 1 115px', maxWidth: '240px', minWidth: 0 },
    time: { flex: '1 1 200px', maxWidth: '240px', minWidth: 0 },
    box: { width: '100%', minWidth: 0, '& input, & select': { width: '100%', minWidth: 0 } },
});

interface FieldProps {
    name: FilterName;
    label: string;
    value: string;
    onChange: (change: Filters) => void;
}

function TextFilter({ name, label, value, onChange }: FieldProps) {
    const styles = useStyles();
    const [text, setText] = useState(value);
    useEffect(() => setText(value), [value]);
    const wanted = text.trim();
    useEffect(() => {
        if (wanted === value) return;
        const timer = setTimeout(() => onChange({ [name]: wanted }), TYPING_MS);
        return () => clearTimeout(timer);
    }, [name, wanted, value, onChange]);
    return (
        <Field label={label} className={styles.field}>
            <Input className={styles.box} value={text} autoComplete="off" spellCheck={false} onChange={(_, data) => setText(data.value)} onKeyDown={(event) => event.key === 'Enter' && onChange({ [name]: wanted })} />
        </Field>
    );
}

/** Chosen in local time; the address has it in UTC, so that it means the same to everybody. */
function TimeFilter({ name, label, value, onChange }: FieldProps) {
    const styles = useStyles();
    return (
        <Field label={label} className={styles.time}>
            <Input className={styles.box} type="datetime-local" value={inputOf(value)} onChange={(_, data) => onChange({ [name]: isoOf(data.value) })} />
        </Field>
    );
}

export function FilterFields({ filters, onChange }: { filters: Filters; onChange: (change: Filters) => void }) {
    const styles = useStyles();
    const bar = useRef<HTMLDivElement>(null);
    const narrow = useNarrow(bar, NARROW);
    const [all, setAll] = useState(false);
    const rest = Object.keys(filters).filter((name) => name !== 'account').length;
    const one = (name: FilterName) => ({ name, value: filters[name] ?? '', onChange });
    return (
        <div ref={bar} role="search" aria-label="Filter activity" className={styles.bar}>
            <TextFilter {...one('account')} label="Account" />
            {(!narrow || all) && (
                <>
                    <Field label="Kind" className={styles.field}>
                        <Select className={styles.box} value={filters.kind ?? ''} onChange={(_, { value }) => onChange({ kind: value })}>
                            <option value="">Any</option>
                            {Object.entries(KINDS).map(([kind, text]) => <option key={kind} value={kind}>{text}</option>)}
                        </Select>
                    </Field>
                    <TextFilter {...one('key')} label="Name, number" />
                    <TextFilter {...one('requestId')} label="Request ID" />
                    <TimeFilter {...one('since')} label="Since" />
                    <TimeFilter {...one('until')} label="Until" />
                </>
            )}
            {narrow && <Button icon={<Filter20Regular />} aria-expanded={all} onClick={() => setAll(!all)}>{all ? 'Fewer' : rest > 0 ? `Filters (${rest})` : 'Filters'}</Button>}
            {Object.keys(filters).length > 0 && (
                <Button appearance="subtle" icon={<DismissCircle20Regular />} onClick={() => onChange({ account: '', kind: '', key: '', requestId: '', since: '', until: '' })}>Clear</Button>
            )}
        </div>
    );
}
