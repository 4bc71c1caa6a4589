/* Answers of /numgate/v1/ that openapi.json does not describe yet, or describes without saying which fields are always there and which
 * words a text can be: typed by hand. What the document has is checked against it at the end of this file, so the two cannot drift. */
import type { Finding } from './error';
import type { components } from './schema';

type Number_ = components['schemas']['NumberResource'];

interface Op<Query, Path, Body, Answer> {
    parameters: { query?: Query; path: Path; header?: Record<string, string>; cookie?: never };
    requestBody: Body extends undefined ? never : { content: { 'application/json': Body } };
    responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Answer } } };
}
type Get<Answer, Query = never, Path = Record<string, never>> = { get: Omit<Op<Query, Path, undefined, Answer>, 'requestBody'> };
type Post<Body, Answer, Path = Record<string, never>, Query = never> = {
    post: Body extends undefined ? Omit<Op<Query, Path, Body, Answer>, 'requestBody'> : Op<Query, Path, Body, Answer>;
};
export interface Page<T> {
    value: T[];
    nextLink?: string;
}

export interface Me {
    kind: 'user' | 'application';
    name: string;
    roles: string[];
    rights: { read: boolean; write: boolean; delete: boolean; admin: boolean };
    /** Launched services: their programme demands the API, a person may not change them here. */
    apiRequired?: ('teamsOperatorConnect' | 'teamsPhoneMobile')[];
    limits: { requestsPerMinute: number; numbersPerBatch: number; bodyBytes: number; pageSizeDefault: number; pageSizeMax: number };
}

export interface Deployment {
    baseDomain: string;
    provisioningApi: string;
    regions: string[];
    apiVersions: string[];
    customHeaderName: string;
    testTarget: boolean;
    version: string;
}

export type AttentionKind =
    | 'accountFailed' | 'numbersFailed' | 'syncFailing' | 'syncPaused' | 'dnsNotSeen' | 'tokensMissing' | 'requestNew';
export interface Attention {
    kind: AttentionKind;
    accountName?: string;
    tenantId?: string;
    count?: number;
    code?: string;
    message?: string;
    since?: string;
}
export interface Overview {
    attention: Attention[];
    attentionTruncated: boolean;
    counts: { accounts: number; accountsFailed: number; numbers: number; requestsForInformation: number; requestsNew: number };
    rateLimit: { requestsPerMinute: number; used: number };
    health: { ready: boolean; sync: 'configured' | 'none'; dns: 'configured' | 'none' };
}

export type Way = 'api' | 'portal' | 'job' | 'sync' | 'command';
export interface ChangedBy {
    way: Way;
    name?: string;
    at: string;
}

export interface AuditRow {
    id: number;
    at: string;
    action: string;
    kind: string;
    account?: string;
    key: string;
    way: Way;
    /** The caller as the audit knows it; `name` is for people. */
    caller: string;
    name?: string;
    from?: string;
    operationId?: string;
    requestId?: string;
    clientRequestId?: string;
    before?: unknown;
    after?: unknown;
}

export type Verdict = 'found' | 'unknown' | 'invalid' | 'repeated';
export interface LookupItem {
    input: string;
    telephoneNumber?: string;
    verdict: Verdict;
    accountName?: string;
    services?: string[];
    serviceProvisioningStatus?: string;
    assignmentStatus?: string;
    customSipHeader?: string;
    changedBy?: ChangedBy;
}
export interface Lookup {
    items: LookupItem[];
    counts: Record<Verdict, number>;
}

export interface Block {
    from: string;
    to: string;
    count: number;
    accountName: string;
    services: string[];
    serviceProvisioningStatus: string;
    customSipHeader?: string;
    gapBefore?: number;
}

export interface Consequences {
    count: number;
    assigned: number;
    syncedServices: { teamsOperatorConnect: number; teamsPhoneMobile: number };
    truncated: boolean;
}

export type JobKind = 'create' | 'change' | 'delete';
export type JobState = 'previewing' | 'previewed' | 'queued' | 'applying' | 'done' | 'cancelled' | 'failed';
export interface JobRequest {
    kind: JobKind;
    accountName?: string;
    filter?: string;
    telephoneNumbers?: string[];
    number?: Partial<Omit<Number_, 'telephoneNumber' | 'accountName'>>;
}
export interface Job {
    id: string;
    kind: JobKind;
    state: JobState;
    accountName?: string;
    filter?: string;
    submittedBy: string;
    own: boolean;
    createdAt: string;
    startedAt?: string;
    endedAt?: string;
    rows: number;
    counts: Record<'new' | 'changed' | 'same' | 'delete' | 'refused' | 'applied' | 'failed' | 'pending', number>;
    error?: Finding;
}
export type RowVerdict = 'new' | 'changed' | 'same' | 'delete' | 'refused';
export type RowOutcome = 'pending' | 'applied' | 'failed' | 'cancelled';
export interface JobRow {
    row: number;
    telephoneNumber: string;
    accountName: string;
    verdict: RowVerdict;
    outcome: RowOutcome;
    code?: string;
    message?: string;
    target?: string;
}

interface PageQuery {
    maxpagesize?: number;
    continuation?: string;
}
type JobPath = { jobId: string };

export interface PendingPaths {
    '/numgate/v1/me': Get<Me>;
    '/numgate/v1/deployment': Get<Deployment>;
    '/numgate/v1/overview': Get<Overview>;
    '/numgate/v1/audit': Get<
        Page<AuditRow>,
        { account?: string; kind?: string; key?: string; caller?: string; requestId?: string; since?: string; until?: string; order?: string } & PageQuery
    >;
    '/numgate/v1/numbers:lookup': Post<{ telephoneNumbers: string[] } | { text: string }, Lookup>;
    '/numgate/v1/numbers:blocks': Get<Page<Block>, { accountName?: string } & PageQuery>;
    '/numgate/v1/numbers:consequences': Get<Consequences, { accountName?: string; filter?: string }>;
    '/numgate/v1/accounts:lookup': Post<{ accountNames: string[] }, { items: { name: string; changedBy?: ChangedBy; numbers: number }[] }>;
    '/numgate/v1/jobs': Get<Page<Job>, PageQuery> & Post<JobRequest, Job>;
    '/numgate/v1/jobs/{jobId}': Get<Job, never, JobPath>;
    '/numgate/v1/jobs/{jobId}/rows': Get<Page<JobRow>, { verdict?: RowVerdict; outcome?: RowOutcome } & PageQuery, JobPath>;
    '/numgate/v1/jobs/{jobId}:apply': Post<undefined, Job, JobPath>;
    '/numgate/v1/jobs/{jobId}:cancel': Post<undefined, Job, JobPath>;
    '/numgate/v1/jobs/{jobId}:retry': Post<undefined, Job, JobPath>;
}

/** The hand-written type fits the generated one and names no field that is not there. */
type Fits<Hand extends Wide, Wide> = Exclude<keyof Hand, keyof Wide> extends never ? true : Exclude<keyof Hand, keyof Wide>;
type Documented = components['schemas'];
type Checked = [
    Fits<Attention, Documented['Numgate.Attention']>,
    Fits<Overview, Documented['Numgate.Overview']>,
    Fits<Overview['counts'], Documented['Numgate.Totals']>,
    Fits<Overview['rateLimit'], Documented['Numgate.RateLimit']>,
    Fits<Overview['health'], Documented['Numgate.Health']>,
    Fits<ChangedBy, Documented['Numgate.ChangedBy']>,
    Fits<LookupItem, Documented['Numgate.LookupItem']>,
    Fits<Lookup, Documented['Numgate.LookupAnswer']>,
    Fits<Block, Documented['Numgate.Block']>,
    Fits<Consequences, Documented['Numgate.Consequences']>,
];
/** Every one of them, or this does not compile. */
export type AllFit = Checked extends true[] ? true : never;
export const allFit: AllFit = true;
