import { makeStyles, Text, tokens, typographyStyles } from '@fluentui/react-components';
import { useEffect, useRef, type ReactNode } from 'react';
import { PageLink } from './links';

const useStyles = makeStyles({
    head: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px 16px', marginBottom: '16px' },
    titles: { display: 'flex', flexDirection: 'column', gap: '4px', flex: '1 1 240px', minWidth: 0 },
    titleLine: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px' },
    title: { ...typographyStyles.title2, overflowWrap: 'anywhere', outlineStyle: 'none', margin: 0 },
    trail: { display: 'flex', flexWrap: 'wrap', gap: '4px 8px', listStyleType: 'none', margin: '0 0 8px', padding: 0, color: tokens.colorNeutralForeground3 },
    hint: { color: tokens.colorNeutralForeground3, maxWidth: '72ch' },
    actions: { display: 'flex', flexWrap: 'wrap', gap: '8px' },
});

/** Set while the page that is shown was reached from another one: then its heading takes the focus. */
let visits = 0;

export interface PageProps {
    title: string;
    /** Goes before the title in document.title only where it differs, such as an account's name. */
    documentTitle?: string;
    hint?: ReactNode;
    /** The pages above this one. */
    trail?: { text: string; href: string }[];
    actions?: ReactNode;
    /** Beside the title, such as a status. */
    beside?: ReactNode;
    children: ReactNode;
}

/** A page: its heading (focused when one arrives here), its actions, its document title. */
export function Page({ title, documentTitle = title, hint, trail, actions, beside, children }: PageProps) {
    const styles = useStyles();
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = `${documentTitle} · Number Management Portal`;
    }, [documentTitle]);
    useEffect(() => {
        if (visits++ > 0) heading.current?.focus({ preventScroll: true });
    }, []);
    return (
        <>
            {trail && (
                <nav aria-label="Pages above">
                    <ol className={styles.trail}>
                        {trail.map(({ text, href }) => <li key={href}><PageLink href={href}>{text}</PageLink> <span aria-hidden>/</span></li>)}
                    </ol>
                </nav>
            )}
            <div className={styles.head}>
                <div className={styles.titles}>
                    <div className={styles.titleLine}>
                        <h1 ref={heading} tabIndex={-1} className={styles.title}>{title}</h1>
                        {beside}
                    </div>
                    {hint && <Text className={styles.hint}>{hint}</Text>}
                </div>
                {actions && <div className={styles.actions}>{actions}</div>}
            </div>
            {children}
        </>
    );
}
