import { makeStyles, NavItem, tokens } from '@fluentui/react-components';
import type { MouseEvent } from 'react';
import { useLocation } from 'wouter';
import { useMe } from '../api/queries';
import { routes } from './routes';

const useStyles = makeStyles({
    entry: { backgroundColor: 'transparent', ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover }, '&[aria-current="page"]': { backgroundColor: tokens.colorNeutralBackground1Selected } },
});

/** The entry of the navigation that the page belongs to. */
export function useMarked(): string {
    const [path] = useLocation();
    return routes.find(({ path: own, nav }) => nav && (own === path || nav.under?.some((prefix) => path.startsWith(prefix))))?.path ?? '';
}

/** What the navigation has for this person. */
export function Entries({ onGo }: { onGo?: () => void }) {
    const styles = useStyles();
    const [path, navigate] = useLocation();
    const rights = useMe().data?.rights;
    const go = (to: string) => (event: MouseEvent) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        navigate(to);
        onGo?.();
    };
    return (
        <>
            {routes.map((route) => {
                if (!route.nav || (route.needs && !rights?.[route.needs])) return null;
                const { text, icon: Icon } = route.nav;
                return (
                    <NavItem key={route.path} as="a" className={styles.entry} value={route.path} href={`/portal${route.path}`} icon={<Icon />} onClick={go(route.path)}
                        {...(path === route.path && { 'aria-current': 'page' as const })}>{text}</NavItem>
                );
            })}
        </>
    );
}
