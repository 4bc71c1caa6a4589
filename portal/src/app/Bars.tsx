/* What holds for the whole portal at the moment: the session has ended, the server is away, it asked to wait, a new version is there. */
import { Button, makeStyles, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, Spinner } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { queryClient } from '../api/queries';
import { awayNotices, waiting } from '../api/send';
import { sessionState, signedInAgain, signIn, signInBeside } from '../session';
import { useSignal } from '../ui';
import { newVersion } from '../ui/chunks';

const useStyles = makeStyles({ bars: { display: 'flex', flexDirection: 'column', gap: '8px', marginBottom: '12px', ':empty': { display: 'none' } } });

async function answers(): Promise<boolean> {
    try {
        return (await fetch('/numgate/v1/ready', { credentials: 'omit', cache: 'no-store' })).ok;
    } catch {
        return false;
    }
}

/** True from the first request that reached nobody until the server answers again; then everything is asked for anew. */
function useAway(): boolean {
    const notices = useSignal(awayNotices);
    const [away, setAway] = useState(false);
    useEffect(() => {
        if (notices > 0) setAway(true);
    }, [notices]);
    useEffect(() => {
        const gone = () => setAway(true);
        window.addEventListener('offline', gone);
        return () => window.removeEventListener('offline', gone);
    }, []);
    useEffect(() => {
        if (!away) return;
        let timer: ReturnType<typeof setTimeout>;
        let ended = false;
        const ask = async (pause: number) => {
            if (await answers()) {
                if (ended) return;
                setAway(false);
                void queryClient.invalidateQueries();
            } else if (!ended) {
                timer = setTimeout(() => void ask(Math.min(pause * 1.5, 10_000)), pause);
            }
        };
        timer = setTimeout(() => void ask(1500), 1000);
        return () => {
            ended = true;
            clearTimeout(timer);
        };
    }, [away]);
    return away;
}

function Ended({ why }: { why: string }) {
    return (
        <MessageBar intent="warning" layout="multiline">
            <MessageBarBody><MessageBarTitle>Your session has ended.</MessageBarTitle>What you have typed is still here. Sign in again to go on. ({why})</MessageBarBody>
            <MessageBarActions>
                <Button appearance="primary" size="small" onClick={() => void signInBeside()}>Sign in again</Button>
                <Button size="small" onClick={() => void signIn()}>Sign in on this page</Button>
            </MessageBarActions>
        </MessageBar>
    );
}

export function Bars() {
    const styles = useStyles();
    const state = useSignal(sessionState);
    const seconds = useSignal(waiting);
    const upgraded = useSignal(newVersion);
    const again = useSignal(signedInAgain);
    const away = useAway();
    useEffect(() => {
        if (again > 0) void queryClient.invalidateQueries();
    }, [again]);
    return (
        <div className={styles.bars} role="status">
            {state.phase === 'ended' && <Ended why={state.why} />}
            {away && (
                <MessageBar intent="warning" icon={<Spinner size="extra-tiny" aria-hidden />}>
                    <MessageBarBody><MessageBarTitle>The server cannot be reached.</MessageBarTitle>Trying again; what you see may be old.</MessageBarBody>
                </MessageBar>
            )}
            {seconds > 0 && (
                <MessageBar icon={<Spinner size="extra-tiny" aria-hidden />}>
                    <MessageBarBody>The server asked to wait {seconds} {seconds === 1 ? 'second' : 'seconds'}; it goes on by itself.</MessageBarBody>
                </MessageBar>
            )}
            {upgraded && (
                <MessageBar intent="info" layout="multiline">
                    <MessageBarBody><MessageBarTitle>A new version of the portal is there.</MessageBarTitle>Reload to get it. What you have typed is kept.</MessageBarBody>
                    <MessageBarActions><Button size="small" onClick={() => location.reload()}>Reload</Button></MessageBarActions>
                </MessageBar>
            )}
        </div>
    );
}
