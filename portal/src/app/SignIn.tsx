/* What is shown instead of the portal: signing in, settings that cannot be read, no role, and the page inside the popup. */
import { Button, makeStyles, MessageBar, MessageBarBody, Spinner, Text, Title2, tokens } from '@fluentui/react-components';
import { useEffect, useState, type ReactNode } from 'react';
import { handOver, signIn, signOut } from '../session';
import { CopyBlock } from '../ui';
import iconUrl from './icon.svg';

const useStyles = makeStyles({
    page: { minHeight: '100vh', boxSizing: 'border-box', display: 'flex', alignItems: 'center', justifyContent: 'center', padding: '16px', backgroundColor: tokens.colorNeutralBackground3 },
    card: {
        display: 'flex', flexDirection: 'column', gap: '16px', width: '100%', maxWidth: '440px', boxSizing: 'border-box', padding: 'clamp(20px, 6vw, 32px)',
        backgroundColor: tokens.colorNeutralBackground1, border: `1px solid ${tokens.colorTransparentStroke}`, borderRadius: tokens.borderRadiusXLarge, boxShadow: tokens.shadow16,
    },
    logo: { width: '48px', height: '48px' },
    title: { margin: 0 },
    actions: { display: 'flex', gap: '8px', flexWrap: 'wrap' },
    list: { margin: 0, paddingLeft: '20px', display: 'flex', flexDirection: 'column', gap: '4px', overflowWrap: 'anywhere' },
});

function Screen({ title, children }: { title: string; children: ReactNode }) {
    const styles = useStyles();
    useEffect(() => {
        document.title = `${title} · Number Management Portal`;
    }, [title]);
    return (
        <main className={styles.page}>
            <div className={styles.card}>
                <img src={iconUrl} alt="" className={styles.logo} />
                <Title2 as="h1" className={styles.title}>{title}</Title2>
                {children}
            </div>
        </main>
    );
}

export function Starting() {
    const styles = useStyles();
    return <main className={styles.page}><Spinner label="Signing in" delay={400} /></main>;
}

export function SignIn({ why }: { why?: string | undefined }) {
    const styles = useStyles();
    return (
        <Screen title="Number Management Portal">
            {why && <MessageBar intent="warning" layout="multiline"><MessageBarBody>{why}</MessageBarBody></MessageBar>}
            <Text>Requests for information, accounts and numbers of your gateway. Sign in with your organisation's account.</Text>
            <div className={styles.actions}><Button appearance="primary" size="large" onClick={() => void signIn()}>Sign in</Button></div>
        </Screen>
    );
}

export function Failed({ title, why, signedIn }: { title: string; why: string; signedIn?: boolean }) {
    const styles = useStyles();
    return (
        <Screen title={title}>
            <MessageBar intent="error" layout="multiline"><MessageBarBody>{why}</MessageBarBody></MessageBar>
            <div className={styles.actions}>
                <Button appearance="primary" onClick={() => location.reload()}>Try again</Button>
                {signedIn && <Button onClick={signOut}>Sign out</Button>}
            </div>
        </Screen>
    );
}

const ROLES = [
    ['ProvisioningAPI.ReadUser', 'to look'],
    ['ProvisioningAPI.WriteUser', 'together with it, to create and change'],
    ['ProvisioningAPI.DeleteUser', 'together with it, to delete'],
    ['ProvisioningAPI.AdminUser', 'for all of it, and to see who changed what'],
] as const;

/** Signed in, and not allowed anything: says what to ask for. */
export function NoRole() {
    const styles = useStyles();
    return (
        <Screen title="You have no role here yet">
            <Text>You are signed in, but your account has none of the roles of this portal. Ask whoever manages your organisation's applications for one of these:</Text>
            <ul className={styles.list}>{ROLES.map(([role, what]) => <li key={role}><strong>{role}</strong>, {what}</li>)}</ul>
            <Text>Then sign out and in again, since a role counts from the next sign-in.</Text>
            <CopyBlock wrap label="request" text={'Please give my account the application role ProvisioningAPI.ReadUser (and ProvisioningAPI.WriteUser, if I shall make changes) of the Number Management Portal at ' + location.origin + '/portal/.'} />
            <div className={styles.actions}>
                <Button appearance="primary" onClick={() => location.reload()}>Try again</Button>
                <Button onClick={signOut}>Sign out</Button>
            </div>
        </Screen>
    );
}

/** In the popup, back from the issuer. */
export function PopupAnswer() {
    const [taken, setTaken] = useState<boolean | null>(null);
    useEffect(() => void handOver().then(setTaken), []);
    if (taken === null) return <Starting />;
    return (
        <Screen title={taken ? 'You are signed in' : 'Nobody is waiting for this'}>
            <Text>{taken ? 'Go on in the window you came from. This one can be closed.' : 'The page that asked to sign in is gone. Close this window and open the portal again.'}</Text>
        </Screen>
    );
}
