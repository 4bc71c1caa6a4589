/* One change with everything that is known of it. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { AuditRow } from '../../api/pending';
import { whoText } from '../../base/text';
import { CopyBlock, Facts, PageButton, Time, useReturnFocus, wayName } from '../../ui';
import { activityHref } from './audit';
import { Changes } from './Changes';
import { changes } from './diff';

const useStyles = makeStyles({
    surface: { maxWidth: '760px' },
    content: { display: 'flex', flexDirection: 'column', gap: '16px' },
    code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
    title: { margin: 0 },
});

/** What the gateway does by itself, such as synchronizing, is no request. */
const isRequest = (id: string | undefined): id is string => id !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
const json = (value: unknown): string => JSON.stringify(value, null, 2);

export default function Details({ row, title, onClose }: { row: AuditRow; title: string; onClose: () => void }) {
    const styles = useStyles();
    useReturnFocus();
    const differs = changes(row.before, row.after);
    const code = (text: string | undefined) => text && <span className={styles.code}>{text}</span>;
    return (
        <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
            <DialogSurface className={styles.surface}>
                <DialogBody>
                    <DialogTitle>{title}</DialogTitle>
                    <DialogContent className={styles.content}>
                        <Facts facts={[
                            ['When', <Time key="when" at={row.at} />],
                            ['Who', whoText(row.name, row.caller)],
                            ['By way of', wayName(row.way)],
                            ['Account', row.account],
                            ['Caller', code(row.caller)],
                            ['From', code(row.from)],
                            ['Request ID', code(row.requestId)],
                            ['Client request ID', code(row.clientRequestId)],
                            ['Operation ID', code(row.operationId)],
                        ]} />
                        <Text as="h3" weight="semibold" className={styles.title}>What changed</Text>
                        {differs.length > 0 ? <Changes changes={differs} full /> : <Text>Nothing: it was stored again as it was.</Text>}
                        {row.before !== undefined && <div><Text block>Before</Text><CopyBlock label="version before" text={json(row.before)} /></div>}
                        {row.after !== undefined && <div><Text block>After</Text><CopyBlock label="version after" text={json(row.after)} /></div>}
                    </DialogContent>
                    <DialogActions>
                        <Button appearance="primary" onClick={onClose}>Close</Button>
                        {isRequest(row.requestId) && <PageButton href={activityHref({ requestId: row.requestId })} onLeave={onClose}>All of this request</PageButton>}
                    </DialogActions>
                </DialogBody>
            </DialogSurface>
        </Dialog>
    );
}
