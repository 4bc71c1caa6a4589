import { Button, makeStyles, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, Skeleton, SkeletonItem, Text, Title3, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';
import { SignedOutError } from '../session';
import { ApiError, isAway } from '../api/error';
import { sentence } from '../base/text';

const useStyles = makeStyles({
    empty: { display: 'flex', flexDirection: 'column', alignItems: 'center', textAlign: 'center', gap: '12px', padding: '48px 16px', color: tokens.colorNeutralForeground2 },
    icon: { fontSize: '48px', lineHeight: 0, color: tokens.colorBrandForeground1 },
    text: { maxWidth: '56ch' },
    loading: { display: 'flex', flexDirection: 'column', gap: '12px', padding: '8px 0' },
    wrap: { overflowWrap: 'anywhere' },
});

/** Nothing here, why, and what to do about it. */
export function Empty({ icon, title, children, action }: { icon?: ReactElement; title: string; children?: ReactNode; action?: ReactNode }) {
    const styles = useStyles();
    return (
        <div className={styles.empty}>
            {icon && <span className={styles.icon} aria-hidden>{icon}</span>}
            <Title3 as="h2">{title}</Title3>
            {children && <Text className={styles.text}>{children}</Text>}
            {action}
        </div>
    );
}

export function Loading({ label = 'Loading', rows = 6 }: { label?: string; rows?: number }) {
    const styles = useStyles();
    return (
        <Skeleton aria-label={label} className={styles.loading}>
            {Array.from({ length: rows }, (_, row) => <SkeletonItem key={row} size={32} />)}
        </Skeleton>
    );
}

/** What happened, in words for people. */
export function errorText(error: unknown): string {
    if (error instanceof ApiError) return sentence(error.message);
    if (error instanceof SignedOutError) return error.message;
    if (isAway(error)) return 'The server cannot be reached at the moment.';
    return error instanceof Error ? error.message : 'Something went wrong.';
}

/** An error at the place it belongs to, with the request id for whoever runs the server. */
export function ErrorState({ error, title = 'This could not be done', retry }: { error: unknown; title?: string; retry?: () => void }) {
    const styles = useStyles();
    const details = error instanceof ApiError ? error.findings.filter(({ message }) => message !== error.message) : [];
    return (
        <MessageBar intent="error" layout="multiline" role="alert">
            <MessageBarBody className={styles.wrap}>
                <MessageBarTitle>{title}</MessageBarTitle>
                {errorText(error)}
                {details.length > 0 && <ul>{details.slice(0, 20).map((finding, n) => <li key={n}>{finding.target}: {finding.message}</li>)}</ul>}
                {error instanceof ApiError && error.requestId && <div><Text size={200}>{error.code} · request {error.requestId}</Text></div>}
            </MessageBarBody>
            {retry && <MessageBarActions><Button size="small" onClick={retry}>Try again</Button></MessageBarActions>}
        </MessageBar>
    );
}
