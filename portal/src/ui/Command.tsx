import { Accordion, AccordionHeader, AccordionItem, AccordionPanel, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { curlCommand, type CurlRequest } from '../base/shell';
import { CopyButton } from './CopyButton';

const useStyles = makeStyles({
    block: { display: 'flex', alignItems: 'flex-start', gap: '8px', marginBottom: '12px' },
    pre: {
        margin: 0, padding: '8px 12px', flex: '1 1 auto', minWidth: 0, overflowX: 'auto', fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200,
        lineHeight: tokens.lineHeightBase300, backgroundColor: tokens.colorNeutralBackground3, color: tokens.colorNeutralForeground1, borderRadius: tokens.borderRadiusMedium,
        border: `1px solid ${tokens.colorNeutralStroke2}`,
    },
    wrap: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
});

/** Text to take along, with a button that copies it. `wrap` for prose. */
export function CopyBlock({ label, text, wrap = false }: { label: string; text: string; wrap?: boolean }) {
    const styles = useStyles();
    return (
        <div className={styles.block}>
            <pre className={mergeClasses(styles.pre, wrap && styles.wrap)} tabIndex={0} aria-label={label} role="group">{text}</pre>
            <CopyButton label={label} text={() => text} appearance="subtle" />
        </div>
    );
}

/** The same action for a script: curl (the token stays $NUMGATE_TOKEN) and, where there is one, numgate. */
export function Command({ request, numgate }: { request: CurlRequest | CurlRequest[]; numgate?: string | undefined }) {
    const requests = Array.isArray(request) ? request : [request];
    return (
        <Accordion collapsible>
            <AccordionItem value="command">
                <AccordionHeader size="small">Equivalent command</AccordionHeader>
                <AccordionPanel>
                    {numgate && <><Text size={200} block>With the command line</Text><CopyBlock label="numgate command" text={numgate} /></>}
                    <Text size={200} block>With curl and an access token in $NUMGATE_TOKEN</Text>
                    <CopyBlock label="curl command" text={requests.map((one) => curlCommand(location.origin, one)).join('\n\n')} />
                </AccordionPanel>
            </AccordionItem>
        </Accordion>
    );
}
