import { Badge, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { CheckmarkCircle16Filled, CircleHint16Regular, ErrorCircle16Filled, Warning16Filled, PauseCircle16Filled } from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import type { ProvisioningError } from '../api/client';
import { wordsOf } from '../base/text';
import { Hint } from './Hint';

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

/** Status words of every kind of resource, with what they are called and how they look. */
const LOOKS: Record<string, [string, Tone]> = {
    synced: ['Synced', 'good'], pending: ['Pending', 'busy'], failed: ['Failed', 'bad'],
    provisioned: ['Provisioned', 'good'], notProvisioned: ['Not provisioned', 'warn'], inconsistent: ['Inconsistent', 'bad'],
    active: ['Active', 'good'], suspended: ['Suspended', 'warn'], removed: ['Removed', 'quiet'],
    assigned: ['Assigned', 'good'], unassigned: ['Unassigned', 'quiet'],
    previewing: ['Previewing', 'busy'], previewed: ['Ready to apply', 'warn'], queued: ['Queued', 'busy'], applying: ['Applying', 'busy'],
    done: ['Done', 'good'], cancelled: ['Cancelled', 'quiet'], applied: ['Applied', 'good'],
    new: ['New', 'good'], changed: ['Changed', 'warn'], same: ['Same', 'quiet'], delete: ['Delete', 'warn'], refused: ['Refused', 'bad'],
    found: ['Found', 'good'], unknown: ['Unknown', 'quiet'], invalid: ['Invalid', 'bad'], repeated: ['Repeated', 'quiet'],
    validated: ['Validated', 'good'], notValidated: ['Not validated', 'quiet'], paused: ['Paused', 'warn'],
};
const BADGES: Record<Tone, { color: 'success' | 'danger' | 'warning' | 'informative'; icon: ReactElement }> = {
    good: { color: 'success', icon: <CheckmarkCircle16Filled /> },
    bad: { color: 'danger', icon: <ErrorCircle16Filled /> },
    warn: { color: 'warning', icon: <Warning16Filled /> },
    busy: { color: 'informative', icon: <Spinner size="extra-tiny" aria-hidden /> },
    quiet: { color: 'informative', icon: <CircleHint16Regular /> },
};

const useStyles = makeStyles({
    badge: { whiteSpace: 'nowrap', flexShrink: 0 },
    reason: { cursor: 'help', ':focus-visible': { outlineWidth: '2px', outlineStyle: 'solid', outlineColor: tokens.colorStrokeFocus2, outlineOffset: '1px' } },
});

/** What a failed status says: the first error and how many more. */
export function reasonOf(errors: readonly ProvisioningError[] | undefined): string | undefined {
    const [first, ...more] = errors ?? [];
    return first && `${first.code}: ${first.message}${more.length ? ` (and ${more.length} more)` : ''}`;
}

/** A status as a badge. A reason shows on hover and focus and is read out with it. */
export function Status({ value, reason }: { value: string | undefined; reason?: string | undefined }) {
    const styles = useStyles();
    if (!value) return <>–</>;
    const [text, tone] = LOOKS[value] ?? [wordsOf(value), 'quiet'];
    const { color, icon } = value === 'paused' ? { color: 'warning' as const, icon: <PauseCircle16Filled /> } : BADGES[tone];
    const badge = <Badge appearance="tint" color={color} icon={icon} className={styles.badge}>{text}</Badge>;
    if (!reason) return badge;
    return (
        <Hint content={reason}>
            <span tabIndex={0} className={styles.reason}>{badge}</span>
        </Hint>
    );
}
