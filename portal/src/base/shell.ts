/* Commands to paste into a POSIX shell. A value can never end its quotes; a token is never in them. */

export function shellQuote(text: string): string {
    return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface CurlRequest {
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
    /** From the root, with its query. */
    path: string;
    body?: unknown;
    /** Instead of a body: the name of a file, sent as it is. */
    file?: string;
    contentType?: string;
    headers?: Record<string, string>;
}

/** The request as a curl command; the token comes from $NUMGATE_TOKEN. */
export function curlCommand(origin: string, request: CurlRequest): string {
    const lines = [`curl ${request.method === 'GET' ? '' : `-X ${request.method} `}${shellQuote(origin + request.path)}`];
    lines.push('-H "Authorization: Bearer $NUMGATE_TOKEN"');
    for (const [name, value] of Object.entries(request.headers ?? {})) lines.push(`-H ${shellQuote(`${name}: ${value}`)}`);
    if (request.body !== undefined) {
        lines.push(`-H ${shellQuote(`Content-Type: ${request.contentType ?? 'application/json'}`)}`);
        lines.push(`--data ${shellQuote(typeof request.body === 'string' ? request.body : JSON.stringify(request.body, null, 2))}`);
    }
    if (request.file !== undefined) {
        lines.push(`-H ${shellQuote(`Content-Type: ${request.contentType ?? 'application/octet-stream'}`)}`);
        lines.push(`--data-binary ${shellQuote(`@${request.file}`)}`);
    }
    return lines.join(' \\\n  ');
}

/** A command of words, such as `numgate account show 'a b'`. */
export function command(...words: string[]): string {
    return words.map(shellQuote).join(' ');
}

/** The same with JSON on standard input, which a lone - in its place reads. No line of JSON is the END that ends it. */
export const commandWith = (body: unknown, ...words: string[]): string => `${command(...words)} <<'END'\n${JSON.stringify(body, null, 2)}\nEND`;
