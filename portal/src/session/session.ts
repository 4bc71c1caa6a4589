/* Who is signed in at this tab. Tokens live in this module's memory and nowhere else.
 *
 * starting ──> away (to the issuer and back; the page is gone meanwhile)
 *          ──> signedOut ──> away, by a button
 *          ──> signedIn <──> ended (could not be renewed; the page stays, a popup signs in again)
 *
 * Start: an answer of the issuer in the address is redeemed. Without one the tab goes to the issuer once with prompt=none, which
 * signs in whoever has a session there without asking; TRIED in sessionStorage makes it once, until somebody has signed in. */
import { dropAllDrafts } from '../base/draft';
import { signal, type Signal } from '../base/signal';
import { loadConfig, type PortalConfig } from './config';
import { authorizationUrl, endSessionUrl, newFlow, redeem, renew, SignInError, type Flow, type Tokens } from './protocol';

export type SessionState =
    | { phase: 'starting' }
    | { phase: 'signedOut'; why?: string }
    | { phase: 'signedIn' }
    | { phase: 'ended'; why: string }
    | { phase: 'failed'; why: string };

/** The session is over; who waits for an answer shows the bar and nothing else. */
export class SignedOutError extends Error {
    constructor() {
        super('You are not signed in any more.');
        this.name = 'SignedOutError';
    }
}

type Message = { kind: 'answer'; parameters: string } | { kind: 'taken'; state: string } | { kind: 'signedOut' };

const FLOW = 'numgate.flow';
const TRIED = 'numgate.tried';
const POPUP = 'popup.';
const CHANNEL = 'numgate.session';
const AGAIN_MS = 5000;
/** What an issuer says to prompt=none when it would have to ask. */
const WOULD_ASK = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

export const sessionState: Signal<SessionState> = signal<SessionState>({ phase: 'starting' });
/** Rises when a session that had ended goes on. */
export const signedInAgain: Signal<number> = signal(0);

let config: PortalConfig | null = null;
let tokens: Tokens | null = null;
let renewing: Promise<string> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let popupFlow: Flow | null = null;
let channel: BroadcastChannel | null = null;

export const portalVersion = (): string => config?.version ?? '';

// ---- tokens ----

/** Renews by itself; again soon while the issuer cannot be reached. */
function renewIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
        renewal().catch((error: unknown) => {
            if (!(error instanceof SignedOutError)) renewIn(AGAIN_MS);
        });
    }, ms);
}

function keep(next: Tokens): string {
    if (tokens?.subject !== undefined && tokens.subject !== next.subject) {
        dropAllDrafts(); // what is on the screen was read and typed by somebody else
        location.reload();
    }
    tokens = next;
    renewIn(Math.max(next.renewAt - performance.now(), 1000));
    sessionState.set({ phase: 'signedIn' });
    return next.access;
}

async function renewOnce(): Promise<string> {
    try {
        return keep(await renew(config!, tokens!));
    } catch (error) {
        if (!(error instanceof SignInError)) throw error; // the issuer is away: what there is stays, the next one asks again
        sessionState.set({ phase: 'ended', why: error.message });
        throw new SignedOutError();
    }
}

/** One renewal at a time, however many wait for it. */
function renewal(): Promise<string> {
    renewing ??= renewOnce().finally(() => (renewing = null));
    return renewing;
}

/** An access token that is good for a while; renewed first where it is not, once however many ask. `force`: the server refused it. */
export function token(force?: 'force'): Promise<string> {
    const phase = sessionState.get().phase;
    if (!config || !tokens || phase !== 'signedIn') return Promise.reject(new SignedOutError());
    if (!force && performance.now() < tokens.renewAt) return Promise.resolve(tokens.access);
    const usable = !force && performance.now() < tokens.endsAt ? tokens.access : null;
    return renewal().catch((error: unknown) => {
        if (usable !== null && !(error instanceof SignedOutError)) return usable;
        throw error;
    });
}

// ---- the way to the issuer and back ----

const here = () => location.pathname + location.search + location.hash;

async function leave(prompt?: 'none'): Promise<void> {
    const flow = newFlow(here());
    const url = await authorizationUrl(config!, flow, prompt);
    sessionStorage.setItem(FLOW, JSON.stringify(flow));
    location.replace(url);
}

/** The flow of an answer that came back to this tab; it is used up by being read. */
function takeFlow(state: string | null): Flow | null {
    const text = sessionStorage.getItem(FLOW);
    sessionStorage.removeItem(FLOW);
    const flow = text === null ? null : (JSON.parse(text) as Flow);
    return flow?.state === state ? flow : null;
}

async function redeemAnswer(answer: URLSearchParams): Promise<void> {
    const flow = takeFlow(answer.get('state'));
    history.replaceState(null, '', flow?.returnTo.startsWith('/portal/') ? flow.returnTo : '/portal/');
    if (!flow) {
        sessionState.set({ phase: 'signedOut' });
        return;
    }
    try {
        keep(await redeem(config!, flow, answer));
        sessionStorage.removeItem(TRIED);
    } catch (error) {
        const would = error instanceof SignInError && WOULD_ASK.includes(error.code);
        sessionState.set({ phase: 'signedOut', ...(!would && { why: (error as Error).message }) });
    }
}

async function enter(): Promise<void> {
    const query = new URLSearchParams(location.search);
    if (query.has('state') && (query.has('code') || query.has('error'))) {
        await redeemAnswer(query);
    } else if (sessionStorage.getItem(TRIED)) {
        sessionState.set({ phase: 'signedOut' });
    } else {
        sessionStorage.setItem(TRIED, 'yes');
        await leave('none');
    }
}

/** Begins; called once. */
export async function startSession(): Promise<void> {
    listen();
    try {
        config = await loadConfig();
        await enter();
    } catch (error) {
        sessionState.set({ phase: 'failed', why: (error as Error).message });
    }
}

/** By a button: the issuer may ask. The page is left and comes back to the same address. */
export async function signIn(): Promise<void> {
    await leave();
}

// ---- a popup, when the page must stay ----

/** Signs in beside the page. Has to be called by a click. false: the browser allowed no window, and the page was left instead. */
export async function signInBeside(): Promise<void> {
    const popup = window.open('about:blank', '_blank', 'popup,width=520,height=680');
    if (!popup) return signIn();
    popupFlow = newFlow('', POPUP);
    popup.location.replace(await authorizationUrl(config!, popupFlow));
}

async function takeAnswer(parameters: string): Promise<void> {
    const answer = new URLSearchParams(parameters);
    const flow = popupFlow;
    if (!flow || answer.get('state') !== flow.state) return;
    popupFlow = null;
    channel?.postMessage({ kind: 'taken', state: flow.state } satisfies Message);
    try {
        keep(await redeem(config!, flow, answer));
        signedInAgain.set(signedInAgain.get() + 1);
    } catch (error) {
        sessionState.set({ phase: 'ended', why: (error as Error).message });
    }
}

/** True in the popup, when the issuer sends it back here. */
export const isPopupAnswer = (): boolean => new URLSearchParams(location.search).get('state')?.startsWith(POPUP) ?? false;

/** In the popup: hands the answer to the page that asked and closes. false: no page took it within three seconds. */
export function handOver(): Promise<boolean> {
    const parameters = location.search;
    const state = new URLSearchParams(parameters).get('state');
    history.replaceState(null, '', '/portal/');
    const out = new BroadcastChannel(CHANNEL);
    return new Promise((resolve) => {
        out.onmessage = ({ data }: MessageEvent<Message>) => {
            if (data.kind !== 'taken' || data.state !== state) return;
            resolve(true);
            window.close();
        };
        setTimeout(() => resolve(false), 3000);
        out.postMessage({ kind: 'answer', parameters } satisfies Message);
    });
}

// ---- the end ----

function forget(why?: string): void {
    clearTimeout(timer);
    tokens = null;
    dropAllDrafts();
    sessionStorage.setItem(TRIED, 'yes');
    sessionState.set({ phase: 'signedOut', ...(why !== undefined && { why }) });
}

/** Ends the session at the issuer and in every tab. */
export function signOut(): void {
    const url = config && endSessionUrl(config, tokens);
    channel?.postMessage({ kind: 'signedOut' } satisfies Message);
    forget();
    if (url) location.assign(url);
}

function listen(): void {
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
        if (data.kind === 'answer') void takeAnswer(data.parameters);
        if (data.kind === 'signedOut') forget('You signed out in another tab.');
    };
}
