import { Tooltip } from '@fluentui/react-components';

export interface BubbleProps {
    content: string;
    /** What it belongs to, and stands beside. */
    target: HTMLElement;
    /** The pointer came into it: it stays. */
    onKeep: () => void;
    /** By Escape, by another one that is shown, or because the pointer has left it. */
    onHide: () => void;
}

/** The bubble of a Hint. */
export function Bubble({ content, target, onKeep, onHide }: BubbleProps) {
    return (
        <Tooltip visible relationship="inaccessible" positioning={{ target }} content={{ children: content, onPointerEnter: onKeep }}
            onVisibleChange={(_, { visible }) => !visible && onHide()} />
    );
}
