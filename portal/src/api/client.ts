/* The typed client. `take` turns its answer into the data and its ETag; a refusal is an ApiError that was thrown before.
 *
 *     const { data, etag } = await take(api.GET('/accounts/{accountName}', { params: { path: { accountName } } }));
 *     await api.PUT('/accounts/{accountName}', { params: { path, header: { 'If-Match': etag } }, body });
 *
 * api-version, the token and x-ms-client-request-id are added by send.ts. */
import createClient from 'openapi-fetch';
import type { PendingPaths } from './pending';
import type { components, paths } from './schema';
import { send } from './send';

/** The generated paths without what send.ts adds, and the ones the document does not describe yet. */
type Optional<Parameters> = Parameters extends { query: infer Query }
    ? Omit<Parameters, 'query'> & { query?: { [Name in keyof Query as Name extends 'api-version' ? never : Name]: Query[Name] } }
    : Parameters;
type WithoutVersion<Operation> = Operation extends { parameters: infer Parameters }
    ? Omit<Operation, 'parameters'> & { parameters: Optional<Parameters> }
    : Operation;
type Trimmed<Paths> = { [Path in keyof Paths]: { [Method in keyof Paths[Path]]: WithoutVersion<Paths[Path][Method]> } };
export type Paths = Trimmed<Omit<paths, keyof PendingPaths>> & PendingPaths;

export type Schemas = components['schemas'];
export type Account = Schemas['AccountResource'];
export type NumberResource = Schemas['NumberResource'];
export type Rfi = Schemas['RequestForInformationResource'];
export type CivicAddress = Schemas['TeamsCivicAddressResource'];
export type ProvisioningError = Schemas['Azure.Core.Foundations.Error'];

export const api = createClient<Paths>({ baseUrl: location.origin, fetch: send });

export interface Answer<T> {
    data: T;
    etag: string | undefined;
    /** x-ms-record-count, where it was asked for. */
    records: number | undefined;
}

/** The data of an answer that has a body. */
export async function take<T>(call: Promise<{ data?: T; response: Response }>): Promise<Answer<NonNullable<T>>> {
    const { data, response } = await call;
    const records = response.headers.get('x-ms-record-count');
    return {
        data: data as NonNullable<T>,
        etag: response.headers.get('ETag') ?? undefined,
        records: records === null ? undefined : Number(records),
    };
}

/** For bodies that are no JSON (an uploaded file, a result as CSV): the same token, waiting and errors. */
export function raw(method: 'GET' | 'POST', path: string, body?: BodyInit, contentType?: string): Promise<Response> {
    const headers = new Headers({ Accept: '*/*' });
    if (contentType) headers.set('Content-Type', contentType);
    return send(new Request(new URL(path, location.origin), { method, headers, body: body ?? null }));
}
