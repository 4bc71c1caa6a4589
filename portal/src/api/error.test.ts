import { expect, it } from 'vitest';
import { apiErrorOf } from './error';

const reply = (status: number, body: string, headers: Record<string, string> = {}) => new Response(body, { status, headers });

it('reads the envelope with its findings', async () => {
    const error = await apiErrorOf(reply(400, JSON.stringify({
        error: { code: 'InvalidRequest', message: 'No.', details: [{ code: 'TooLong', message: 'Long.', target: 'name' }, { code: 'X', message: 'Y' }] },
    }), { 'x-ms-request-id': 'r1' }));
    expect(error).toMatchObject({ status: 400, code: 'InvalidRequest', message: 'No.', requestId: 'r1' });
    expect(error.findings).toEqual([{ code: 'TooLong', message: 'Long.', target: 'name' }]);
});

it('makes something of an answer that is not ours', async () => {
    const error = await apiErrorOf(reply(502, '<html>', { 'Retry-After': '7' }));
    expect(error).toMatchObject({ status: 502, code: '502', retryAfter: 7, findings: [] });
});
