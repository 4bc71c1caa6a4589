import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { shortPath, type Change } from './diff';

const useStyles = makeStyles({
    list: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column', gap: '2px', textAlign: 'start' },
    line: { overflowWrap: 'anywhere', fontSize: tokens.fontSizeBase200 },
    path: { color: tokens.colorNeutralForeground2 },
    value: { fontFamily: tokens.fontFamilyMonospace, padding: '0 3px', borderRadius: tokens.borderRadiusSmall, color: tokens.colorNeutralForeground1, textDecorationLine: 'none' },
    before: { backgroundColor: tokens.colorStatusDangerBackground1, textDecorationLine: 'line-through' },
    after: { backgroundColor: tokens.colorStatusSuccessBackground1 },
});

/** A field on each line: what it was, struck out, and what it is. `most`: no more lines than these. */
export function Changes({ changes, most = changes.length, full = false }: { changes: readonly Change[]; most?: number; full?: boolean }) {
    const styles = useStyles();
    return (
        <ul className={styles.list}>
            {changes.slice(0, most).map(({ path, before, after }) => (
                <li key={path} className={styles.line}>
                    <span className={styles.path}>{full ? path : shortPath(path)}:</span>{' '}
                    {before !== undefined && <del className={mergeClasses(styles.value, styles.before)}>{before}</del>}
                    {before !== undefined && after !== undefined && <span aria-hidden> → </span>}
                    {after !== undefined && <ins className={mergeClasses(styles.value, styles.after)}>{after}</ins>}
                </li>
            ))}
            {changes.length > most && <li className={mergeClasses(styles.line, styles.path)}>and {changes.length - most} more</li>}
        </ul>
    );
}
