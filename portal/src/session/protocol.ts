/* OpenID Connect with oauth4webapi: the authorization code flow with PKCE, renewal, and the address that ends the issuer's session.
 * Stateless; what must outlive a redirect is a Flow, and who keeps it is session.ts. */
import * as oauth from 'oauth4webapi';
import type { PortalConfig } from './config';

/** What is needed to understand the answer of the issuer. None of it is a token. */
export interface Flow {
    state: string;
    nonce: string;
    verifier: string;
    returnTo: string;
}

export interface Tokens {
    access: string;
    refresh: string | undefined;
    /** Only for ending the issuer's session. */
    id: string | undefined;
    /** Who it is; tells a renewal from a change of person. */
    subject: string | undefined;
    /** performance.now() at which the access token is renewed; well before its end. */
    renewAt: number;
    endsAt: number;
}

/** Why the issuer did not sign somebody in, as it says itself. */
export class SignInError extends Error {
    constructor(
        readonly code: string,
        message: string,
    ) {
        super(message);
        this.name = 'SignInError';
    }
}

const server = (config: PortalConfig): oauth.AuthorizationServer => ({
    issuer: config.issuer,
    authorization_endpoint: config.authorizationEndpoint,
    token_endpoint: config.tokenEndpoint,
});
const client = (config: PortalConfig): oauth.Client => ({ client_id: config.clientId, [oauth.clockTolerance]: 60 });

export function newFlow(returnTo: string, prefix = ''): Flow {
    return {
        state: prefix + oauth.generateRandomState(),
        nonce: oauth.generateRandomNonce(),
        verifier: oauth.generateRandomCodeVerifier(),
        returnTo,
    };
}

export async function authorizationUrl(config: PortalConfig, flow: Flow, prompt?: 'none' | 'login'): Promise<string> {
    const url = new URL(config.authorizationEndpoint);
    const parameters = {
        response_type: 'code',
        response_mode: 'query',
        client_id: config.clientId,
        redirect_uri: config.redirectUri,
        scope: config.scope,
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
        ...(prompt && { prompt }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
}

/** The status of an answer that is no answer to what was asked: of an issuer, or of a proxy before it, that is not well. */
function failedStatus(error: unknown): number {
    if (error instanceof oauth.ResponseBodyError) return error.status;
    return error instanceof oauth.OperationProcessingError && error.cause instanceof Response ? error.cause.status : 0;
}

/** The issuer's error as ours; anything else (it is away, or asks to wait) goes on as it is. */
function refusal(error: unknown): never {
    const status = failedStatus(error);
    if (status >= 500 || status === 429) throw new Error(`The issuer answered ${status}.`);
    if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
        const [text] = (error.error_description ?? error.error).split(/\s+Trace ID/); // Entra ID's are for its support
        throw new SignInError(error.error, text!);
    }
    if (error instanceof oauth.OperationProcessingError) throw new SignInError('invalid_response', error.message);
    throw error;
}

function tokensOf(answer: oauth.TokenEndpointResponse, before?: Tokens): Tokens {
    const seconds = answer.expires_in ?? 300;
    const now = performance.now();
    return {
        access: answer.access_token,
        refresh: answer.refresh_token ?? before?.refresh,
        id: answer.id_token ?? before?.id,
        subject: oauth.getValidatedIdTokenClaims(answer)?.sub ?? before?.subject,
        renewAt: now + 1000 * (seconds - Math.min(60, seconds / 4)),
        endsAt: now + 1000 * seconds,
    };
}

/** Trades what came back in the address for tokens. */
export async function redeem(config: PortalConfig, flow: Flow, answer: URLSearchParams): Promise<Tokens> {
    try {
        const parameters = oauth.validateAuthResponse(server(config), client(config), answer, flow.state);
        const response = await oauth.authorizationCodeGrantRequest(
            server(config), client(config), oauth.None(), parameters, config.redirectUri, flow.verifier);
        const expected = { expectedNonce: flow.nonce, requireIdToken: true };
        return tokensOf(await oauth.processAuthorizationCodeResponse(server(config), client(config), response, expected));
    } catch (error) {
        refusal(error);
    }
}

export async function renew(config: PortalConfig, tokens: Tokens): Promise<Tokens> {
    if (!tokens.refresh) throw new SignInError('no_refresh_token', 'The issuer gave no way to renew the session.');
    try {
        const response = await oauth.refreshTokenGrantRequest(server(config), client(config), oauth.None(), tokens.refresh);
        return tokensOf(await oauth.processRefreshTokenResponse(server(config), client(config), response), tokens);
    } catch (error) {
        refusal(error);
    }
}

export function endSessionUrl(config: PortalConfig, tokens: Tokens | null): string | null {
    if (!config.endSessionEndpoint) return null;
    const url = new URL(config.endSessionEndpoint);
    url.searchParams.set('client_id', config.clientId);
    url.searchParams.set('post_logout_redirect_uri', config.redirectUri);
    if (tokens?.id) url.searchParams.set('id_token_hint', tokens.id);
    return url.href;
}
