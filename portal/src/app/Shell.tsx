/* The frame of every page: header, navigation (a drawer where there is no room beside), bars, main. */
import {
    Button, Hamburger, makeStyles, Nav, Text, tokens,
} from '@fluentui/react-components';
import { PersonCircle24Regular } from '@fluentui/react-icons';
import { Suspense, useEffect, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useDeployment } from '../api/queries';
import { Loading, part } from '../ui';
import { Bars } from './Bars';
import { Entries, useMarked } from './Entries';
import { ErrorBoundary } from './ErrorBoundary';
import iconUrl from './icon.svg';

/** Fetched after the page, which does not need them. */
const PersonMenu = part(async () => (await import('./PersonMenu')).default, 'spare');
const NavigationDrawer = part(async () => (await import('./NavigationDrawer')).NavigationDrawer, 'spare');

const WIDE = '(min-width: 1000px)';
const HEADER = '48px';

const useStyles = makeStyles({
    page: { minHeight: '100vh', display: 'flex', flexDirection: 'column' },
    skip: {
        position: 'absolute', top: '-60px', left: '8px', zIndex: 100, padding: '8px 16px', backgroundColor: tokens.colorBrandBackground, color: tokens.colorNeutralForegroundOnBrand,
        borderRadius: tokens.borderRadiusMedium, ':focus': { top: '8px' },
    },
    header: {
        position: 'sticky', top: 0, zIndex: 10, height: HEADER, boxSizing: 'border-box', display: 'flex', alignItems: 'center', gap: '8px', padding: '0 12px',
        backgroundColor: tokens.colorNeutralBackground1, borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    },
    brand: { display: 'flex', alignItems: 'center', gap: '10px', minWidth: 0, flex: '1 1 auto', color: tokens.colorNeutralForeground1, textDecorationLine: 'none' },
    logo: { width: '24px', height: '24px', flexShrink: 0 },
    name: { whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' },
    domain: { color: tokens.colorNeutralForeground3, whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis', '@media (max-width: 700px)': { display: 'none' } },
    columns: { display: 'flex', flex: '1 1 auto', alignItems: 'stretch' },
    aside: { position: 'sticky', top: HEADER, height: `calc(100vh - ${HEADER})`, flex: '0 0 272px' },
    nav: { display: 'flex', flexDirection: 'column', padding: '16px 8px', boxSizing: 'border-box', width: '272px', backgroundColor: 'transparent' },
    main: { flex: '1 1 auto', minWidth: 0, boxSizing: 'border-box', padding: '24px clamp(12px, 3vw, 32px) 48px', maxWidth: '1480px', outlineStyle: 'none' },
});

function useMedia(query: string): boolean {
    const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
    useEffect(() => {
        const media = window.matchMedia(query);
        const change = () => setMatches(media.matches);
        media.addEventListener('change', change);
        return () => media.removeEventListener('change', change);
    }, [query]);
    return matches;
}

/** Another page, and another page of a list, begins at its top; Back stays where the browser puts it. */
function useScrollToTop() {
    useEffect(() => {
        const here = () => `${location.pathname} ${new URLSearchParams(location.search).get('after') ?? ''}`;
        let before = here();
        const pushed = () => {
            if (here() !== before) window.scrollTo(0, 0);
            before = here();
        };
        window.addEventListener('pushState', pushed);
        return () => window.removeEventListener('pushState', pushed);
    }, []);
}

function Navigation() {
    const styles = useStyles();
    return (
        <nav aria-label="Pages" className={styles.aside}>
            <Nav selectedValue={useMarked()} className={styles.nav} density="medium"><Entries /></Nav>
        </nav>
    );
}

export function Shell({ children }: { children: ReactNode }) {
    const styles = useStyles();
    const wide = useMedia(WIDE);
    const [open, setOpen] = useState(false);
    const [drawn, setDrawn] = useState(false);
    const [menu, setMenu] = useState(false);
    const [path, navigate] = useLocation();
    const domain = useDeployment().data?.baseDomain;
    useScrollToTop();
    return (
        <div className={styles.page}>
            <a href="#main" className={styles.skip} onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to the page</a>
            <header className={styles.header}>
                {!wide && <Hamburger aria-label="Open navigation" aria-expanded={open} onClick={() => { setDrawn(true); setOpen(true); }} />}
                <a href="/portal/" className={styles.brand} onClick={(event) => { event.preventDefault(); navigate('/'); }}>
                    <img src={iconUrl} alt="" className={styles.logo} />
                    <Text weight="semibold" className={styles.name}>Number Management</Text>
                    {domain && <Text size={200} className={styles.domain}>{domain}</Text>}
                </a>
                <Suspense fallback={<Button appearance="subtle" icon={<PersonCircle24Regular />} aria-label="Menu" disabled />}><PersonMenu onOpen={setMenu} /></Suspense>
            </header>
            <div className={styles.columns} inert={menu}>
                {wide ? <Navigation /> : drawn && <Suspense><NavigationDrawer open={open} onOpen={setOpen} /></Suspense>}
                <main id="main" tabIndex={-1} className={styles.main}>
                    <Bars />
                    <ErrorBoundary key={path}>
                        <Suspense fallback={<Loading label="Loading the page" />}>{children}</Suspense>
                    </ErrorBoundary>
                </main>
            </div>
        </div>
    );
}
