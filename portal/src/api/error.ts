/* One error for everything the server can say no with. */

export interface Finding {
    code: string;
    message: string;
    /** What in the request it is about, such as `numbers[7].telephoneNumber`. */
    target?: string;
    details?: Finding[];
}

export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        message: string,
        readonly target: string | undefined,
        readonly details: readonly Finding[],
        readonly requestId: string | undefined,
        readonly retryAfter: number | undefined,
    ) {
        super(message);
        this.name = 'ApiError';
    }

    /** Every finding with a target; the error itself first. */
    get findings(): Finding[] {
        const own: Finding[] = this.target === undefined ? [] : [{ code: this.code, message: this.message, target: this.target }];
        const inner = (finding: Finding): Finding[] => [finding, ...(finding.details ?? []).flatMap(inner)];
        return [...own, ...this.details.flatMap(inner).filter((finding) => finding.target !== undefined)];
    }
}

/** Seconds; a date is understood too. */
function secondsOf(text: string | null): number | undefined {
    if (text === null) return undefined;
    const seconds = Number(text);
    if (Number.isFinite(seconds)) return Math.max(0, seconds);
    const at = Date.parse(text);
    return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

export async function apiErrorOf(response: Response): Promise<ApiError> {
    let envelope: Partial<Finding> = {};
    try {
        envelope = ((await response.json()) as { error?: Finding }).error ?? {};
    } catch {
        /* not ours: a proxy's page, or nothing */
    }
    const code = envelope.code ?? response.headers.get('x-ms-error-code') ?? String(response.status);
    return new ApiError(
        response.status,
        code,
        envelope.message ?? `The server answered ${response.status}.`,
        envelope.target,
        envelope.details ?? [],
        response.headers.get('x-ms-request-id') ?? undefined,
        secondsOf(response.headers.get('Retry-After')),
    );
}

/** Which requests can be sent again without changing anything twice. */
export const isAway = (error: unknown): boolean =>
    error instanceof TypeError || (error instanceof ApiError && (error.status === 502 || error.status === 504));
