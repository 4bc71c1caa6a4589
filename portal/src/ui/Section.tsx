import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import { useId, type ReactNode } from 'react';

const useStyles = makeStyles({
    card: { display: 'flex', flexDirection: 'column', padding: '16px 20px', gap: '12px', boxSizing: 'border-box', minWidth: 0, backgroundColor: tokens.colorNeutralBackground1, color: tokens.colorNeutralForeground1, boxShadow: tokens.shadow2, border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusXLarge },
    head: { display: 'flex', alignItems: 'center', gap: '8px', flexWrap: 'wrap' },
    title: { ...typographyStyles.subtitle2, margin: 0, flex: '1 1 auto' },
    facts: { display: 'grid', gridTemplateColumns: 'minmax(120px, 200px) minmax(0, 1fr)', gap: '8px 16px', margin: 0, '@media (max-width: 560px)': { gridTemplateColumns: 'minmax(0, 1fr)', gap: '2px' } },
    term: { color: tokens.colorNeutralForeground2 },
    fact: { margin: 0, overflowWrap: 'anywhere', '@media (max-width: 560px)': { marginBottom: '8px' } },
});

/** A part of a page with a heading. */
export function Section({ title, actions, children, className }: { title: string; actions?: ReactNode; children: ReactNode; className?: string }) {
    const styles = useStyles();
    const id = useId();
    return (
        <section aria-labelledby={id} className={mergeClasses(styles.card, className)}>
            <div className={styles.head}><h2 id={id} className={styles.title}>{title}</h2>{actions}</div>
            {children}
        </section>
    );
}

/** Names and values; a value that is not there is left out. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
    const styles = useStyles();
    return (
        <dl className={styles.facts}>
            {facts.filter(([, value]) => value !== undefined && value !== null && value !== '').flatMap(([name, value]) => [
                <dt key={`${name}-name`} className={styles.term}>{name}</dt>,
                <dd key={`${name}-value`} className={styles.fact}>{value}</dd>,
            ])}
        </dl>
    );
}
