/* A table that stays fast with hundreds of rows: only what is on the screen is in the page, and the table still says how many rows it
 * has. Where its columns do not fit it becomes a list of cards, with the same roles. */
import { Checkbox, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useNarrow } from './useNarrow';

export interface Column<Row> {
    id: string;
    header: string;
    cell: (row: Row) => ReactNode;
    /** CSS grid width, such as `minmax(120px, 2fr)`. */
    width: string;
    /** Right, for numbers. */
    align?: 'end';
    /** On cards: the heading, beside it, or left out; the others are lines with their header. */
    card?: 'title' | 'beside' | 'hidden';
}

export interface Selection {
    keys: ReadonlySet<string>;
    onChange: (keys: Set<string>) => void;
}

export interface DataTableProps<Row> {
    label: string;
    columns: readonly Column<Row>[];
    rows: readonly Row[];
    rowKey: (row: Row) => string;
    /** What a row is called by a screen reader, for its checkbox; the key unless given. */
    rowName?: (row: Row) => string;
    selection?: Selection;
    /** All rows there are, beyond this page; unknown unless given. */
    total?: number | undefined;
    /** Below this width in pixels: cards. */
    cardsBelow?: number;
}

/** Whether a row above what is seen, whose height becomes known, moves the window. Never: the virtualizer would also move it back when it was
 * just moved to the top for another page. */
const adjustsScroll = () => false;

const ROW = 44; // two small lines with their padding, and the border
const CARD = 132;

const useStyles = makeStyles({
    frame: {
        backgroundColor: tokens.colorNeutralBackground1, border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusXLarge,
        boxShadow: tokens.shadow2, overflow: 'clip',
    },
    table: { display: 'block', width: '100%' },
    body: { display: 'block', position: 'relative' },
    head: {
        display: 'grid', position: 'sticky', top: '48px', zIndex: 1, alignItems: 'center', minHeight: '40px', backgroundColor: tokens.colorNeutralBackground2,
        borderBottom: `1px solid ${tokens.colorNeutralStroke2}`, color: tokens.colorNeutralForeground2,
    },
    headGroup: { display: 'contents' },
    headCards: { position: 'static', display: 'flex', minHeight: '44px' },
    row: {
        position: 'absolute', insetInline: 0, top: 0, display: 'grid', alignItems: 'center', minHeight: `${ROW}px`, boxSizing: 'border-box',
        borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
        ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
        ':focus-within': { backgroundColor: tokens.colorSubtleBackgroundHover },
    },
    selected: {
        backgroundColor: tokens.colorSubtleBackgroundSelected,
        ':hover': { backgroundColor: tokens.colorSubtleBackgroundSelected },
        '@media (forced-colors: active)': { outlineWidth: '2px', outlineStyle: 'solid', outlineColor: 'Highlight', outlineOffset: '-2px' },
    },
    cell: { padding: '5px 12px', minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', textAlign: 'start', fontWeight: 'inherit' },
    columnHeader: { fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightSemibold, whiteSpace: 'nowrap' },
    end: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
    check: { padding: 0, display: 'flex', justifyContent: 'center' },
    card: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '4px 8px', padding: '10px 12px' },
    cardTitle: { padding: 0, flex: '1 1 auto', minWidth: 0, overflowWrap: 'anywhere', fontWeight: tokens.fontWeightSemibold },
    cardBeside: { padding: 0 },
    cardLine: { padding: 0, order: 1, flex: '1 0 100%', display: 'flex', gap: '8px', justifyContent: 'space-between', overflowWrap: 'anywhere', textAlign: 'start' },
    cardLabel: { color: tokens.colorNeutralForeground2, flexShrink: 0 },
    cardValue: { minWidth: 0, textAlign: 'end' },
    hidden: { display: 'none' },
});

function toggled(keys: ReadonlySet<string>, key: string, on: boolean): Set<string> {
    const next = new Set(keys);
    if (on) next.add(key);
    else next.delete(key);
    return next;
}

function CardCell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
    const styles = useStyles();
    if (column.card === 'hidden') return null;
    const cell = column.cell(row);
    if (column.card === 'title') return <td role="cell" className={styles.cardTitle}>{cell}</td>;
    if (cell === undefined || cell === null || cell === false) return null; // nothing to say of this row
    if (column.card === 'beside') return <td role="cell" className={styles.cardBeside}>{cell}</td>;
    return (
        <td role="cell" className={styles.cardLine}>
            <span className={styles.cardLabel}>{column.header}</span>
            <span className={styles.cardValue}>{cell}</span>
        </td>
    );
}

/** Where the list begins in the document, kept up to date while what is above it changes its height. */
function useOffset(): [React.RefObject<HTMLDivElement | null>, number] {
    const ref = useRef<HTMLDivElement>(null);
    const [offset, setOffset] = useState(0);
    useLayoutEffect(() => {
        const measure = () => setOffset((ref.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(document.body);
        return () => observer.disconnect();
    }, []);
    return [ref, offset];
}

export function DataTable<Row>(props: DataTableProps<Row>) {
    const { label, columns, rows, rowKey, rowName = rowKey, selection, total, cardsBelow = 720 } = props;
    const styles = useStyles();
    const [frame, offset] = useOffset();
    const cards = useNarrow(frame, cardsBelow);
    const virtual = useWindowVirtualizer({
        count: rows.length,
        estimateSize: () => (cards ? CARD : ROW),
        overscan: 12,
        scrollMargin: offset + 40,
        getItemKey: (index) => rowKey(rows[index]!),
    });
    virtual.shouldAdjustScrollPositionOnItemSizeChange = adjustsScroll;
    const template = { gridTemplateColumns: (selection ? '44px ' : '') + columns.map(({ width }) => width).join(' ') };
    const chosen = selection ? rows.filter((row) => selection.keys.has(rowKey(row))).length : 0;
    const chooseAll = (on: boolean) => selection!.onChange(rows.reduce<Set<string>>((keys, row) => toggled(keys, rowKey(row), on), new Set(selection!.keys)));
    const all = selection && rows.length > 0 && (
        <Checkbox
            checked={chosen === 0 ? false : chosen === rows.length ? true : 'mixed'}
            {...(cards ? { label: 'Select all on this page' } : { 'aria-label': 'Select all on this page' })}
            onChange={(_, { checked }) => chooseAll(checked === true)}
        />
    );
    return (
        <div ref={frame} className={styles.frame}>
            <table role="table" aria-label={label} aria-rowcount={(total ?? rows.length) + 1} aria-colcount={columns.length + (selection ? 1 : 0)} className={styles.table}>
                <thead role="rowgroup" className={styles.headGroup}>
                    <tr role="row" aria-rowindex={1} className={mergeClasses(styles.head, cards && (selection ? styles.headCards : styles.hidden))} style={cards ? undefined : template}>
                        {selection && <th role="columnheader" scope="col" className={styles.check} aria-label={cards ? 'Selection' : 'Selected'}>{all}</th>}
                        {!cards && columns.map(({ id, header, align }) => (
                            <th key={id} role="columnheader" scope="col" className={mergeClasses(styles.cell, styles.columnHeader, align && styles.end)}>{header}</th>
                        ))}
                    </tr>
                </thead>
                <tbody role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
                    {virtual.getVirtualItems().map(({ index, key, start }) => {
                        const row = rows[index]!;
                        const id = rowKey(row);
                        const picked = selection?.keys.has(id) ?? false;
                        return (
                            <tr
                                key={key} role="row" aria-rowindex={index + 2} data-index={index} ref={virtual.measureElement}
                                {...(selection && { 'aria-selected': picked })}
                                className={mergeClasses(styles.row, cards && styles.card, picked && styles.selected)}
                                style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)`, ...(!cards && template) }}
                            >
                                {selection && (
                                    <td role="cell" className={styles.check}>
                                        <Checkbox aria-label={`Select ${rowName(row)}`} checked={picked}
                                            onChange={(_, { checked }) => selection.onChange(toggled(selection.keys, id, checked === true))} />
                                    </td>
                                )}
                                {columns.map((column) => cards
                                    ? <CardCell key={column.id} column={column} row={row} />
                                    : <td key={column.id} role="cell" className={mergeClasses(styles.cell, column.align && styles.end)}>{column.cell(row)}</td>)}
                            </tr>
                        );
                    })}
                </tbody>
            </table>
        </div>
    );
}
