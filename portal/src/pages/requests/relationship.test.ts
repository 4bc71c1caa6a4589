import { expect, it } from 'vitest';
import { commentOf, needsReason, relationshipText } from './relationship';

it('puts ticket and reason into the one comment', () => {
    expect(commentOf(' no service there ', '')).toBe('no service there');
    expect(commentOf('no service there', 'T-1')).toBe('Ticket T-1: no service there');
    expect(commentOf('', 'T-1')).toBe('Ticket T-1');
    expect(commentOf('', '')).toBe('');
});

it('knows which turn an enterprise away', () => {
    expect(needsReason('ConsentDeclined')).toBe(true);
    expect(needsReason('AgreementSigned')).toBe(false);
    expect(relationshipText('SomethingElse')).toBe('SomethingElse');
});
