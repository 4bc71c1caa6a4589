/* Blocks and the gaps between them, as lines. */
import type { Block } from '../../api/pending';

export interface Line {
    id: string;
    block?: Block;
    /** Numbers that nobody has, before the next block. */
    gap?: number;
}

/** A page of blocks may cut one in two: neighbours that are equal become one again. */
function isSame(a: Block, b: Block): boolean {
    const rest = ({ accountName, services, serviceProvisioningStatus, customSipHeader }: Block) => JSON.stringify([accountName, services, serviceProvisioningStatus, customSipHeader]);
    return b.gapBefore === 0 && rest(a) === rest(b);
}

/** A larger gap lies between one place and another, and says nothing. */
const GAP_MAX = 10_000;

export function linesOf(blocks: readonly Block[]): Line[] {
    const lines: Line[] = [];
    for (const block of blocks) {
        const last = lines.at(-1)?.block;
        if (last && isSame(last, block)) lines[lines.length - 1] = { id: last.from, block: { ...last, to: block.to, count: last.count + block.count } };
        else {
            if (block.gapBefore && block.gapBefore <= GAP_MAX) lines.push({ id: `gap-${block.from}`, gap: block.gapBefore });
            lines.push({ id: block.from, block });
        }
    }
    return lines;
}
