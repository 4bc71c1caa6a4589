/* Fields of which a change of many may leave any as it is (`keep`): one out of what is known, some of it, a text. */
import { Checkbox, Field, FieldContextProvider, Input, makeStyles, Select } from '@fluentui/react-components';
import { useState, type ReactNode } from 'react';

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '8px', minWidth: 0 },
    checks: { display: 'flex', flexWrap: 'wrap', columnGap: '8px', minWidth: 0 },
});

/** What useFieldErrors says of a field, and a hint. */
export interface FieldWords {
    hint?: string | undefined;
    validationMessage?: string;
    validationState?: 'error' | 'warning';
}
interface Common {
    label: string;
    words?: FieldWords | undefined;
    disabled?: boolean | undefined;
    /** May be left as it is: undefined. */
    keep: boolean;
    required?: boolean | undefined;
}
/** What is wrong takes the place of the hint. */
const wordsOf = ({ hint, ...rest }: FieldWords = {}) => ({ ...rest, ...(hint !== undefined && rest.validationMessage === undefined && { hint }) });

export interface Option {
    id: string;
    text: string;
}
const LEAVE = <option value="keep">Leave as it is</option>;

interface ChoiceProps extends Common {
    value: string | null | undefined;
    options: readonly Option[];
    /** What taking none is called; without it one has to be chosen. */
    none?: string;
    /** Something else may be typed: what that is called. */
    other?: string | undefined;
    /** What there is to choose from is being asked. */
    waiting?: boolean;
    onChange: (value: string | null | undefined) => void;
}

/** null: none. '': not chosen, or not typed yet. */
export function Choice({ label, words, disabled = false, keep, required, value, options, none, other, waiting = false, onChange }: ChoiceProps) {
    const styles = useStyles();
    const [wantsOther, setTyping] = useState(false);
    const typing = wantsOther && other !== undefined && value !== undefined && value !== null; // until it is known what there is to choose from
    const input = <Input value={value ?? ''} disabled={disabled} autoComplete="off" spellCheck={false} onChange={(_, data) => onChange(data.value)} />;
    const field = { label, ...(required && { required }) };
    if (options.length === 0 && !keep && other !== undefined && !waiting) return <Field {...field} {...wordsOf(words)}>{input}</Field>;
    const strange = value && !typing && !options.some(({ id }) => id === value);
    const chosen = value === undefined ? 'keep' : typing ? 'other' : value === null || (value === '' && none) ? 'none' : `is ${value}`;
    const choose = (now: string) => {
        setTyping(now === 'other');
        onChange(now === 'keep' ? undefined : now === 'none' ? null : now === 'other' ? '' : now.slice(3));
    };
    return (
        <div className={styles.stack}>
            <Field {...field} {...(!typing && wordsOf(words))}>
                <Select value={chosen} disabled={disabled || waiting} onChange={(_, data) => choose(data.value)}>
                    {keep && LEAVE}
                    {none !== undefined ? <option value="none">{none}</option> : <option value="is ">Choose one</option>}
                    {options.map(({ id, text }) => <option key={id} value={`is ${id}`}>{text}</option>)}
                    {strange && <option value={`is ${value}`}>{value}</option>}
                    {other !== undefined && <option value="other">{other}</option>}
                </Select>
            </Field>
            {typing && <Field label={`${label}: ${other.charAt(0).toLowerCase()}${other.slice(1)}`} {...wordsOf(words)}>{input}</Field>}
        </div>
    );
}

interface ChecksProps extends Common {
    value: readonly string[] | undefined;
    choices: readonly string[];
    /** Beside a choice, such as why it would not help. */
    note?: (choice: string) => string | undefined;
    /** The choices are a guess: others may be typed. */
    others?: boolean;
    onChange: (value: string[] | undefined) => void;
}

const wordsIn = (text: string): string[] => text.split(/[,;\s]+/).filter(Boolean);

/** The boxes are controls of their own: the label and the words of the field are the group's, and the focus where it is wrong. */
function Group({ label, words, children }: Pick<Common, 'label' | 'words'> & { children: ReactNode }) {
    return (
        <Field label={label} {...wordsOf(words)}>
            {(props) => (
                <div role="group" tabIndex={-1} data-invalid={words?.validationState === 'error' || undefined} aria-labelledby={props['aria-labelledby']} aria-describedby={props['aria-describedby']}>
                    <FieldContextProvider value={undefined}>{children}</FieldContextProvider>
                </div>
            )}
        </Field>
    );
}

function Boxes({ label, value, choices, note, others, disabled = false, onChange }: Omit<ChecksProps, 'keep' | 'words'>) {
    const styles = useStyles();
    const [before] = useState(value ?? []);
    const [entered, setTyped] = useState('');
    const now = value ?? [];
    const typed = wordsIn(entered).every((word) => now.includes(word)) ? entered : ''; // of what was thrown away nothing stays
    const own = others ? wordsIn(typed) : [];
    const offered = [...new Set([...choices, ...before, ...now.filter((word) => !own.includes(word))])];
    const type = (text: string) => {
        const kept = now.filter((word) => !own.includes(word));
        setTyped(text);
        onChange([...new Set([...kept, ...wordsIn(text)])]);
    };
    const tick = (name: string, on: boolean) => onChange(on ? [...now, name] : now.filter((word) => word !== name));
    return (
        <div className={styles.stack}>
            <div className={styles.checks}>
                {offered.map((name) => {
                    const why = note?.(name);
                    return <Checkbox key={name} label={why ? `${name} (${why})` : name} disabled={disabled} checked={now.includes(name)} onChange={(_, { checked }) => tick(name, checked === true)} />;
                })}
            </div>
            {others && (
                <Field label={`Other ${label.toLowerCase()}`} hint="Several with commas between them.">
                    <Input value={typed} disabled={disabled} autoComplete="off" spellCheck={false} onChange={(_, data) => type(data.value)} />
                </Field>
            )}
        </div>
    );
}

/** Some of what is known. */
export function Checks({ keep, words, ...rest }: ChecksProps) {
    const { label, value, disabled = false, onChange } = rest;
    const styles = useStyles();
    if (!keep) return <Group label={label} words={words}><Boxes {...rest} /></Group>;
    return (
        <div className={styles.stack}>
            <Field label={label} {...wordsOf(words)}>
                <Select value={value === undefined ? 'keep' : 'set'} disabled={disabled} onChange={(_, data) => onChange(data.value === 'keep' ? undefined : [])}>
                    {LEAVE}
                    <option value="set">Set to</option>
                </Select>
            </Field>
            {value !== undefined && <div role="group" aria-label={label}><Boxes {...rest} /></div>}
        </div>
    );
}

interface TextProps extends Common {
    value: string | null | undefined;
    onChange: (value: string | null | undefined) => void;
}

/** A text; '' or, of a change, null is none. */
export function TextField({ label, words, disabled = false, keep, value, onChange }: TextProps) {
    const styles = useStyles();
    const input = <Input value={value ?? ''} disabled={disabled} autoComplete="off" spellCheck={false} onChange={(_, data) => onChange(data.value)} />;
    if (!keep) return <Field label={label} {...wordsOf(words)}>{input}</Field>;
    const chosen = value === undefined ? 'keep' : value === null ? 'remove' : 'set';
    return (
        <div className={styles.stack}>
            <Field label={label} {...(chosen !== 'set' && wordsOf(words))}>
                <Select value={chosen} disabled={disabled} onChange={(_, data) => onChange(data.value === 'keep' ? undefined : data.value === 'set' ? '' : null)}>
                    {LEAVE}
                    <option value="set">Set to</option>
                    <option value="remove">Remove</option>
                </Select>
            </Field>
            {chosen === 'set' && <Field label={`${label}: new value`} {...wordsOf(words)}>{input}</Field>}
        </div>
    );
}

/** On or off, yes or no. */
export function Toggle({ label, words, disabled = false, keep, value, answers = ['On', 'Off'], onChange }: Common & { value: boolean | undefined; answers?: readonly [string, string]; onChange: (value: boolean | undefined) => void }) {
    if (!keep) {
        return (
            <Field {...wordsOf(words)}>
                <Checkbox label={label} checked={value ?? false} disabled={disabled} onChange={(_, { checked }) => onChange(checked === true)} />
            </Field>
        );
    }
    return (
        <Field label={label} {...wordsOf(words)}>
            <Select value={value === undefined ? 'keep' : value ? 'on' : 'off'} disabled={disabled} onChange={(_, data) => onChange(data.value === 'keep' ? undefined : data.value === 'on')}>
                {LEAVE}
                <option value="on">{answers[0]}</option>
                <option value="off">{answers[1]}</option>
            </Select>
        </Field>
    );
}
