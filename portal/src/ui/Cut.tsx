import { makeStyles } from '@fluentui/react-components';
import type { ReactNode } from 'react';

const useStyles = makeStyles({ cut: { display: 'block', minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' } });

/** One line whatever its length; what does not fit is seen on hover. `children`: what shows the text, such as a link, unless the text itself. */
export function Cut({ text, children = text }: { text: string; children?: ReactNode }) {
    return <span className={useStyles().cut} title={text}>{children}</span>;
}
