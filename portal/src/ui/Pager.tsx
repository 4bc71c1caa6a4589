/* Under a list: what is shown of how many, and the ways on. A list goes forward only: Previous is the browser's Back, where this tab
 * came from the page before; First and Go to are always there. */
import { Button, Input, makeStyles, Select, Spinner, Text, tokens } from '@fluentui/react-components';
import { ArrowPrevious20Regular, ChevronLeft20Regular, ChevronRight20Regular } from '@fluentui/react-icons';
import { useId, useState } from 'react';
import { count } from '../base/text';
import { SIZES, type View } from './useView';

const useStyles = makeStyles({
    bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px 16px', padding: '12px 0' },
    shown: { color: tokens.colorNeutralForeground2, flex: '1 1 140px', display: 'flex', gap: '8px', alignItems: 'center' },
    group: { display: 'flex', alignItems: 'center', gap: '8px', flexWrap: 'wrap' },
    goto: { width: '150px' },
});

export interface PagerProps {
    view: View;
    shown: number;
    /** `after` of the next page. */
    next: string | undefined;
    /** undefined: being counted; null: could not be, or is not asked for. */
    total: number | undefined | null;
    /** "number", "account": what the rows are. */
    noun: string;
    /** Makes what was typed into Go to the `after` that shows it first, or null when it cannot be. */
    goTo?: { label: string; after: (text: string) => string | null };
}

function GoTo({ label, after, onGo }: { label: string; after: (text: string) => string | null; onGo: (after: string) => void }) {
    const styles = useStyles();
    const id = useId();
    const [text, setText] = useState('');
    const target = text.trim() === '' ? null : after(text);
    return (
        <form className={styles.group} onSubmit={(event) => { event.preventDefault(); if (target !== null) onGo(target); }}>
            <label htmlFor={id}>{label}</label>
            <Input id={id} className={styles.goto} size="small" value={text} onChange={(_, data) => setText(data.value)} autoComplete="off" spellCheck={false} />
            <Button size="small" type="submit" disabled={target === null}>Go</Button>
        </form>
    );
}

export function Pager({ view, shown, next, total, noun, goTo }: PagerProps) {
    const styles = useStyles();
    const size = useId();
    const cameForward = view.after !== '' && history.length > 1;
    return (
        <nav aria-label={`Pages of ${noun}s`} className={styles.bar}>
            <span className={styles.shown} aria-live="polite">
                <Text>{count(shown)} {typeof total === 'number' ? `of ${count(total)} ` : ''}{(total ?? shown) === 1 ? noun : `${noun}s`}</Text>
                {total === undefined && shown > 0 && <Spinner size="extra-tiny" label="counting" labelPosition="after" />}
            </span>
            {goTo && <GoTo {...goTo} onGo={view.setAfter} />}
            <span className={styles.group}>
                <label htmlFor={size}>Rows</label>
                <Select id={size} size="small" value={String(view.size)} onChange={(_, { value }) => view.setSize(Number(value))}>
                    {SIZES.map((n) => <option key={n} value={n}>{n}</option>)}
                </Select>
            </span>
            <span className={styles.group}>
                <Button size="small" icon={<ArrowPrevious20Regular />} disabledFocusable={view.after === ''} onClick={() => view.setAfter('')}>First</Button>
                <Button size="small" icon={<ChevronLeft20Regular />} disabledFocusable={!cameForward} onClick={() => history.back()}>Previous</Button>
                <Button size="small" icon={<ChevronRight20Regular />} iconPosition="after" disabledFocusable={next === undefined} onClick={() => next !== undefined && view.setAfter(next)}>Next</Button>
            </span>
        </nav>
    );
}
