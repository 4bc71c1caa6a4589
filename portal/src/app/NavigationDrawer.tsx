import { Hamburger, makeStyles, NavDrawer, NavDrawerBody, NavDrawerHeader } from '@fluentui/react-components';
import { Entries, useMarked } from './Entries';

const useStyles = makeStyles({ over: { width: 'min(280px, 85vw)' } });

/** The navigation where there is no room for it beside the page. */
export function NavigationDrawer({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
    const styles = useStyles();
    const close = () => onOpen(false);
    return (
        <NavDrawer type="overlay" role="dialog" open={open} onOpenChange={(_, data) => onOpen(data.open)} selectedValue={useMarked()} aria-label="Navigation" className={styles.over}>
            <NavDrawerHeader><Hamburger aria-label="Close navigation" onClick={close} /></NavDrawerHeader>
            <NavDrawerBody><nav aria-label="Pages"><Entries onGo={close} /></nav></NavDrawerBody>
        </NavDrawer>
    );
}
