import { Button, type ButtonProps } from '@fluentui/react-components';
import { Checkmark20Regular, Copy20Regular } from '@fluentui/react-icons';
import { useState } from 'react';

const SHOWN_MS = 2000;

/** A button that copies a text, and says for a moment that it did. Without `children`: an icon with its label. */
export function CopyButton({ label, text, ...rest }: { label: string; text: () => string } & Omit<ButtonProps, 'as' | 'ref' | 'icon' | 'onClick'>) {
    const [copied, setCopied] = useState(false);
    const copy = async () => {
        await navigator.clipboard.writeText(text());
        setCopied(true);
        setTimeout(() => setCopied(false), SHOWN_MS);
    };
    return (
        <Button {...(rest as object)} icon={copied ? <Checkmark20Regular /> : <Copy20Regular />} onClick={() => void copy()}
            {...(!rest.children && { 'aria-label': copied ? `${label} copied` : `Copy ${label}` })} />
    );
}
