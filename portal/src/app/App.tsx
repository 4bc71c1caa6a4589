/* Which of the screens is shown, and the page of the address. */
import { FluentProvider, makeStyles } from '@fluentui/react-components';
import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';
import { Route, Router, Switch } from 'wouter';
import { ApiError } from '../api/error';
import { queryClient, useMe } from '../api/queries';
import { isPopupAnswer, sessionState, SignedOutError } from '../session';
import { errorText, part, useSignal } from '../ui';
import { fetchRest } from '../ui/chunks';
import { NotFound } from './NotFound';
import { routes } from './routes';
import { Shell } from './Shell';
import { Failed, NoRole, PopupAnswer, SignIn, Starting } from './SignIn';
import { themeName, themes } from './theme';

const Toasts = part(async () => (await import('../ui/Toasts')).Toasts, 'spare');

const useStyles = makeStyles({ root: { backgroundColor: 'transparent' } });

function Pages() {
    return (
        <Switch>
            {routes.map(({ path, page: PageOf }) => (
                <Route key={path} path={path}>{(params) => <PageOf key={JSON.stringify(params)} {...(params as Record<string, string>)} />}</Route>
            ))}
            <Route><NotFound /></Route>
        </Switch>
    );
}

/** Nothing is shown of the portal before the server has said who this is. */
function Portal() {
    const { data, error } = useMe();
    const known = data !== undefined;
    useEffect(() => {
        if (known) fetchRest();
    }, [known]);
    if (error && !data) {
        if (error instanceof ApiError && error.code === 'RoleRequired') return <NoRole />;
        if (error instanceof SignedOutError) return <SignIn why={error.message} />;
        return <Failed title="The portal cannot be used right now" why={errorText(error)} signedIn />;
    }
    if (!data) return <Starting />;
    return <Shell><Pages /></Shell>;
}

function Screen() {
    const state = useSignal(sessionState);
    const out = state.phase === 'signedOut';
    useEffect(() => {
        if (out) queryClient.clear(); // nothing of one person's is left for the next
    }, [out]);
    if (state.phase === 'starting') return <Starting />;
    if (state.phase === 'signedOut') return <SignIn why={state.why} />;
    if (state.phase === 'failed') return <Failed title="The portal cannot start" why={state.why} />;
    return <Portal />;
}

export function App() {
    const styles = useStyles();
    const [popup] = useState(isPopupAnswer);
    const name = useSignal(themeName);
    return (
        <FluentProvider theme={themes[name]} className={styles.root}>
            <QueryClientProvider client={queryClient}>
                <Router base="/portal">{popup ? <PopupAnswer /> : <Screen />}</Router>
                <Suspense><Toasts /></Suspense>
            </QueryClientProvider>
        </FluentProvider>
    );
}
