import { makeStyles, tokens } from '@fluentui/react-components';
import { localTime, sinceText, utcTime } from '../base/time';
import { Hint } from './Hint';

const useStyles = makeStyles({
    time: { textDecorationLine: 'underline', textDecorationStyle: 'dotted', textDecorationColor: tokens.colorNeutralStroke1, textUnderlineOffset: '3px', whiteSpace: 'nowrap', cursor: 'help' },
});

/** A moment in local time (or "5 minutes ago"); UTC on hover and focus. */
export function Time({ at, since = false }: { at: string | undefined; since?: boolean }) {
    const styles = useStyles();
    if (!at) return <>–</>;
    const content = since ? `${localTime(at)} · ${utcTime(at)}` : utcTime(at);
    return (
        <Hint content={content}>
            <time dateTime={at} tabIndex={0} className={styles.time}>{since ? sinceText(at) : localTime(at)}</time>
        </Hint>
    );
}
