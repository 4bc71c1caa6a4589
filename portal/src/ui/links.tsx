import { Button, Link, type ButtonProps, type LinkProps } from '@fluentui/react-components';
import type { MouseEvent, ReactNode } from 'react';
import { useLocation } from 'wouter';

/** Real links, so that a middle click, Copy link and the status bar work; a plain click stays in the page. */
function useGo(href: string) {
    const [, navigate] = useLocation();
    return (event: MouseEvent) => {
        if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(href);
    };
}

/** `href` is below /portal: "/accounts/contoso". */
export function PageLink({ href, children, ...rest }: { href: string; children: ReactNode } & Omit<LinkProps, 'href' | 'as' | 'ref'>) {
    return <Link {...(rest as object)} href={`/portal${href}`} onClick={useGo(href)}>{children}</Link>;
}

/** `onLeave` runs before the page changes, such as throwing a draft away. */
export function PageButton({ href, children, onLeave, ...rest }: { href: string; children: ReactNode; onLeave?: () => void } & Omit<ButtonProps, 'as' | 'ref'>) {
    const go = useGo(href);
    const leave = (event: MouseEvent) => {
        onLeave?.();
        go(event);
    };
    return <Button {...(rest as object)} as="a" href={`/portal${href}`} onClick={leave}>{children}</Button>;
}
