import { expect, it } from 'vitest';
import type { Block } from '../../api/pending';
import { linesOf } from './lines';

const block = (from: string, to: string, count: number, gapBefore?: number, accountName = 'contoso'): Block =>
    ({ from, to, count, accountName, services: ['teamsDirectRouting'], serviceProvisioningStatus: 'synced', ...(gapBefore !== undefined && { gapBefore }) });

it('shows gaps, and joins what a page cut in two', () => {
    const lines = linesOf([block('+10', '+19', 10), block('+20', '+29', 10, 0), block('+40', '+49', 10, 10), block('+50', '+50', 1, 0, 'fabrikam'), block('+900000', '+900000', 1, 899949)]);
    expect(lines.map(({ block: b, gap }) => (b ? [b.from, b.to, b.count, b.accountName] : gap))).toEqual([
        ['+10', '+29', 20, 'contoso'], 10, ['+40', '+49', 10, 'contoso'], ['+50', '+50', 1, 'fabrikam'], ['+900000', '+900000', 1, 'contoso']]);
});
