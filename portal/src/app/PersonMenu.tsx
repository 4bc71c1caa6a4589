/* Who is signed in, how the portal looks, and the way out. */
import {
    Button, makeStyles, Menu, MenuDivider, MenuGroup, MenuGroupHeader, MenuItem, MenuItemRadio, MenuList, MenuPopover, MenuTrigger, Text, tokens,
} from '@fluentui/react-components';
import { PersonCircle24Regular, SignOut20Regular } from '@fluentui/react-icons';
import { useMe } from '../api/queries';
import { portalVersion, signOut } from '../session';
import { useSignal } from '../ui';
import { chooseScheme, scheme, type Scheme } from './theme';

const useStyles = makeStyles({
    person: { display: 'flex', flexDirection: 'column', padding: '8px 12px' },
    rights: { color: tokens.colorNeutralForeground2 },
});

/** `onOpen`: what is under the menu is out of reach while it is open. */
export default function PersonMenu({ onOpen }: { onOpen: (open: boolean) => void }) {
    const styles = useStyles();
    const me = useMe().data;
    const chosen = useSignal(scheme);
    const rights = me ? (['read', 'write', 'delete', 'admin'] as const).filter((right) => me.rights[right]) : [];
    return (
        <Menu checkedValues={{ scheme: [chosen] }} onOpenChange={(_, { open }) => onOpen(open)} onCheckedValueChange={(_, { checkedItems }) => chooseScheme(checkedItems[0] as Scheme)}>
            <MenuTrigger disableButtonEnhancement>
                <Button appearance="subtle" icon={<PersonCircle24Regular />} aria-label={me ? `${me.name}, menu` : 'Menu'} />
            </MenuTrigger>
            <MenuPopover>
                {me && (
                    <div className={styles.person}>
                        <Text weight="semibold">{me.name}</Text>
                        <Text size={200} className={styles.rights}>{rights.length ? `May ${rights.join(', ')}` : 'May do nothing'}</Text>
                    </div>
                )}
                <MenuList>
                    <MenuGroup>
                        <MenuGroupHeader>Appearance</MenuGroupHeader>
                        <MenuItemRadio name="scheme" value="system">As the system</MenuItemRadio>
                        <MenuItemRadio name="scheme" value="light">Light</MenuItemRadio>
                        <MenuItemRadio name="scheme" value="dark">Dark</MenuItemRadio>
                    </MenuGroup>
                    <MenuDivider />
                    <MenuItem icon={<SignOut20Regular />} onClick={signOut}>Sign out</MenuItem>
                    {portalVersion() && <MenuGroup><MenuGroupHeader>Version {portalVersion()}</MenuGroupHeader></MenuGroup>}
                </MenuList>
            </MenuPopover>
        </Menu>
    );
}
