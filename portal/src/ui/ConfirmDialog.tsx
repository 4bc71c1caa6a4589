import {
    Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, makeStyles, Spinner, Text, tokens,
} from '@fluentui/react-components';
import { useState, type ReactNode } from 'react';
import { ErrorState } from './States';
import { useReturnFocus } from './useReturnFocus';

const useStyles = makeStyles({
    content: { display: 'flex', flexDirection: 'column', gap: '12px' },
    list: { margin: 0, paddingLeft: '20px' },
    strong: { fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
    danger: {
        backgroundColor: tokens.colorStatusDangerBackground3, color: tokens.colorNeutralForegroundOnBrand,
        ':hover': { backgroundColor: tokens.colorStatusDangerBackground3Hover, color: tokens.colorNeutralForegroundOnBrand },
        ':hover:active': { backgroundColor: tokens.colorStatusDangerBackground3Pressed, color: tokens.colorNeutralForegroundOnBrand },
    },
});

export interface ConfirmProps {
    title: string;
    /** What will happen, one line each; `null` while it is being found out. */
    consequences: ReactNode[] | null;
    /** What the button says: a verb. */
    action: string;
    danger?: boolean;
    /** Must be typed before the button works, such as the account's name. */
    typed?: string;
    /** Cannot be done, and why; the button is off. */
    blocked?: string | undefined;
    /** False while something in `children` is still to be chosen. */
    ready?: boolean;
    /** Runs; the dialog stays open and says why when it fails. */
    onConfirm: () => Promise<unknown>;
    onClose: () => void;
    children?: ReactNode;
}

/** Asks before something that cannot be taken back. Rendered while it is open. */
export function ConfirmDialog({ title, consequences, action, danger, typed, blocked, ready: complete = true, onConfirm, onClose, children }: ConfirmProps) {
    const styles = useStyles();
    useReturnFocus();
    const [text, setText] = useState('');
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>(null);
    const ready = complete && consequences !== null && !blocked && !busy && (typed === undefined || text === typed);
    const confirm = async () => {
        setBusy(true);
        setError(null);
        try {
            await onConfirm();
            onClose();
        } catch (failure) {
            setError(failure);
            setBusy(false);
        }
    };
    return (
        <Dialog open modalType={danger ? 'alert' : 'modal'} onOpenChange={(_, { open }) => !open && !busy && onClose()}>
            <DialogSurface>
                <form onSubmit={(event) => { event.preventDefault(); if (ready) void confirm(); }}>
                    <DialogBody>
                        <DialogTitle>{title}</DialogTitle>
                        <DialogContent className={styles.content}>
                            {consequences === null
                                ? <Spinner size="tiny" label="Looking at what this would do" labelPosition="after" />
                                : <ul className={styles.list}>{consequences.map((line, n) => <li key={n}>{line}</li>)}</ul>}
                            {blocked && <Text className={styles.strong}>{blocked}</Text>}
                            {children}
                            {typed !== undefined && !blocked && (
                                <Field label={<>Type <span className={styles.strong}>{typed}</span> to go on</>}>
                                    <Input value={text} onChange={(_, data) => setText(data.value)} autoComplete="off" spellCheck={false} />
                                </Field>
                            )}
                            {error !== null && <ErrorState error={error} />}
                        </DialogContent>
                        <DialogActions>
                            <Button type="submit" appearance="primary" disabled={!ready && !busy} disabledFocusable={busy} {...(danger && ready && { className: styles.danger })}
                                {...(busy && { icon: <Spinner size="tiny" /> })}>{action}</Button>
                            <Button onClick={onClose} disabledFocusable={busy}>Cancel</Button>
                        </DialogActions>
                    </DialogBody>
                </form>
            </DialogSurface>
        </Dialog>
    );
}
