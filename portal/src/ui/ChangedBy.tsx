import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { ChangedBy as Changed, Way } from '../api/pending';
import { whoText } from '../base/text';
import { Cut } from './Cut';
import { Time } from './Time';

const WAYS: Record<Way, string> = { api: 'API', portal: 'Portal', job: 'Job', sync: 'Sync', command: 'Command' };
export const wayName = (way: Way): string => WAYS[way] ?? way;
const useStyles = makeStyles({
    line: { display: 'inline-flex', flexWrap: 'wrap', gap: '0 6px' },
    quiet: { color: tokens.colorNeutralForeground2 },
    rows: { display: 'grid', fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
});

/** Which way a row came to be as it is, by whom, when. `small`: two lines that are as high as one of the others, for a table, whose rows are
 * there before this is known and must not move when it comes. */
export function ChangedBy({ changed, small = false }: { changed: Changed | undefined; small?: boolean }) {
    const styles = useStyles();
    if (!changed) return <>–</>;
    const who = wayName(changed.way) + (changed.name ? ` · ${whoText(changed.name)}` : '');
    return (
        <span className={small ? styles.rows : styles.line}>
            {small ? <Cut text={who} /> : <Text>{who}</Text>}
            <span className={styles.quiet}><Time at={changed.at} since /></span>
        </span>
    );
}
