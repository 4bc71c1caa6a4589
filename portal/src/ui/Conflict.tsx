/* 412: somebody else saved the same thing meanwhile. Both versions, field by field; nothing that was typed is lost. */
import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Radio, RadioGroup, Text, tokens } from '@fluentui/react-components';
import type { Difference } from '../base/merge';
import { Section } from './Section';

const useStyles = makeStyles({
    list: { display: 'flex', flexDirection: 'column', gap: '12px' },
    item: { borderTop: `1px solid ${tokens.colorNeutralStroke2}`, paddingTop: '8px' },
    value: { overflowWrap: 'anywhere' },
});

const shown = (text: string) => (text === '' ? 'empty' : text);

/** `what`: an account, a number. */
export function Conflict({ what, found, onChange }: { what: string; found: Difference[]; onChange: (found: Difference[]) => void }) {
    const styles = useStyles();
    const choose = (id: string, choice: Difference['choice']) => onChange(found.map((one) => (one.id === id ? { ...one, choice } : one)));
    return (
        <Section title={`Somebody else changed this ${what}`}>
            <MessageBar intent="warning" layout="multiline">
                <MessageBarBody>
                    <MessageBarTitle>Nothing was saved, and nothing you typed is lost.</MessageBarTitle>
                    {found.length === 0 ? 'What is stored now is what you typed. Save again to be sure.'
                        : 'These fields differ from what is stored now. Choose for each which to keep, then save again. What you changed is kept unless you say otherwise.'}
                </MessageBarBody>
            </MessageBar>
            <div className={styles.list}>
                {found.map(({ id, label, mine, theirs, conflict, choice }) => (
                    <div key={id} className={styles.item}>
                        <Text weight="semibold" id={`differs-${id}`}>{label}{conflict ? ' (both of you changed it)' : ''}</Text>
                        <RadioGroup value={choice} aria-labelledby={`differs-${id}`} onChange={(_, data) => choose(id, data.value as Difference['choice'])}>
                            <Radio value="mine" label={<span className={styles.value}>Yours: {shown(mine)}</span>} />
                            <Radio value="theirs" label={<span className={styles.value}>Stored now: {shown(theirs)}</span>} />
                        </RadioGroup>
                    </div>
                ))}
            </div>
        </Section>
    );
}
