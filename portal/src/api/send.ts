/* The one fetch: token, headers, one renewal on 401, patience with 429 and 503 on reads, and ApiError for every refusal. */
import { signal, type Signal } from '../base/signal';
import { token } from '../session';
import { apiErrorOf, isAway, type ApiError } from './error';

export const API_VERSION = '2024-02-29-preview';
const WAITS_MAX = 3;
const WAIT_SECONDS_MAX = 60;

/** How long a read is being waited with, in seconds, because the server asked for it; 0: none is. */
export const waiting: Signal<number> = signal(0);
/** Rises whenever a request found nobody at the other end. */
export const awayNotices: Signal<number> = signal(0);

function addressOf(request: Request): URL {
    const url = new URL(request.url);
    const ours = url.pathname.startsWith('/numgate/') || url.pathname.startsWith('/portal/');
    if (!ours && !url.searchParams.has('api-version')) url.searchParams.set('api-version', API_VERSION);
    return url;
}

async function once(request: Request, body: ArrayBuffer | undefined, force?: 'force'): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.set('Authorization', `Bearer ${await token(force)}`);
    headers.set('x-ms-client-request-id', crypto.randomUUID());
    headers.set('Accept', headers.get('Accept') ?? 'application/json');
    const { method, signal: abort } = request;
    return fetch(addressOf(request), { method, headers, body: body ?? null, signal: abort, credentials: 'omit', cache: 'no-store' });
}

function pause(seconds: number, abort: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, seconds * 1000);
        abort.addEventListener('abort', () => {
            clearTimeout(timer);
            reject(abort.reason as Error);
        });
    });
}

async function waitAsTold(error: ApiError, abort: AbortSignal): Promise<void> {
    const seconds = Math.max(error.retryAfter ?? 1, 1);
    waiting.set(seconds);
    try {
        await pause(seconds, abort);
    } finally {
        waiting.set(0);
    }
}

const mayWait = (request: Request, error: ApiError) =>
    request.method === 'GET' && (error.status === 429 || error.status === 503) && (error.retryAfter ?? 1) <= WAIT_SECONDS_MAX;

async function attempt(request: Request, body: ArrayBuffer | undefined): Promise<Response> {
    const response = await once(request, body);
    return response.status === 401 ? once(request, body, 'force') : response;
}

/** What openapi-fetch calls. Resolves with 2xx (and 304) only. */
export async function send(request: Request): Promise<Response> {
    const body = request.body === null ? undefined : await request.arrayBuffer();
    for (let waits = 0; ; waits++) {
        try {
            const response = await attempt(request, body);
            if (response.ok || response.status === 304) return response;
            const error = await apiErrorOf(response);
            if (waits >= WAITS_MAX || !mayWait(request, error)) throw error;
            await waitAsTold(error, request.signal);
        } catch (error) {
            if (isAway(error)) awayNotices.set(awayNotices.get() + 1);
            throw error;
        }
    }
}
