import {
    Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Dropdown, Field, Input, makeStyles, MessageBar, MessageBarBody, Option, Spinner, Textarea,
} from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, take, type Answer, type Rfi } from '../../api/client';
import { ApiError } from '../../api/error';
import { queryClient } from '../../api/queries';
import { command } from '../../base/shell';
import { Command, ErrorState, useDraft, useFieldErrors, useReturnFocus, useStart, useToast } from '../../ui';
import { commentOf, needsReason, RELATIONSHIPS, relationshipText, TICKET_MAX } from './relationship';

const FIELDS = ['customerRelationship.status', 'customerRelationship.comment'] as const;
const PATCH = 'application/merge-patch+json';

const useStyles = makeStyles({ content: { display: 'flex', flexDirection: 'column', gap: '12px' } });

interface Draft {
    status: string;
    reason: string;
    ticket: string;
}

function bodyOf({ status, reason, ticket }: Draft) {
    const comment = commentOf(reason, ticket);
    return { customerRelationship: { status, ...(comment !== '' && { comment }) } };
}

/** Somebody else changed it meanwhile: says to what; sending again is meant for the new state. */
function Changed({ rfi }: { rfi: Rfi }) {
    const { status, comment } = rfi.customerRelationship ?? {};
    return (
        <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>
                Meanwhile somebody else set it to “{relationshipText(status) || 'nothing'}”{comment ? ` with the comment “${comment}”` : ''}. What you have chosen is still here; update again to put it in its place.
            </MessageBarBody>
        </MessageBar>
    );
}

export function UpdateRelationship({ answer, onClose }: { answer: Answer<Rfi>; onClose: () => void }) {
    const styles = useStyles();
    useReturnFocus();
    const toast = useToast();
    const { tenantId, customerRelationship } = answer.data;
    const draft = useDraft<Draft>(`relationship:${tenantId}`, { status: customerRelationship?.status ?? '', reason: '', ticket: '' });
    const [etag, setEtag] = useState(answer.etag);
    const [changed, setChanged] = useState<Rfi | null>(null);
    const errors = useFieldErrors(FIELDS);
    const { status, reason, ticket } = draft.value;
    const set = (part: Partial<Draft>) => draft.set((now) => ({ ...now, ...part }));
    const path = { tenantId };

    const update = useMutation({
        mutationFn: async () => {
            const header = { ...(etag && { 'If-Match': etag }), 'Content-Type': PATCH };
            await api.PATCH('/teamsRequestsForInformation/{tenantId}', { params: { path, header }, headers: { 'Content-Type': PATCH }, body: bodyOf(draft.value) as never });
        },
        onSuccess: async () => {
            draft.clear();
            toast('Relationship updated', `${relationshipText(status)}; it is sent to the back end now.`);
            onClose();
            await queryClient.invalidateQueries({ queryKey: ['requests'] });
        },
        onError: async (error) => {
            if (!(error instanceof ApiError) || error.status !== 412) return errors.set(error);
            const now = await take(api.GET('/teamsRequestsForInformation/{tenantId}', { params: { path } }));
            setChanged(now.data);
            setEtag(now.etag);
        },
    });

    const start = useStart(update);
    const submit = () => {
        if (update.isPending) return;
        errors.clear();
        if (status === '') return errors.setOwn({ 'customerRelationship.status': 'Choose how far you have come.' });
        if (needsReason(status) && reason.trim() === '') return errors.setOwn({ 'customerRelationship.comment': 'Say why; the enterprise reads it.' });
        start();
    };
    const chosen = RELATIONSHIPS.find(({ value }) => value === status);
    return (
        <Dialog open onOpenChange={(_, { open }) => !open && !update.isPending && onClose()}>
            <DialogSurface>
                <form onSubmit={(event) => { event.preventDefault(); submit(); }} noValidate>
                    <DialogBody>
                        <DialogTitle>Update relationship status</DialogTitle>
                        <DialogContent className={styles.content}>
                            {changed && <Changed rfi={changed} />}
                            <Field label="Relationship status" required hint={chosen?.hint ?? null} {...errors.field('customerRelationship.status')}>
                                <Dropdown placeholder="Choose" value={relationshipText(status)} selectedOptions={[status]} onOptionSelect={(_, data) => set({ status: data.optionValue ?? '' })}>
                                    {RELATIONSHIPS.map(({ value, text }) => <Option key={value} value={value}>{text}</Option>)}
                                </Dropdown>
                            </Field>
                            <Field label="Reason" required={needsReason(status)} hint="The enterprise can read it." {...errors.field('customerRelationship.comment')}>
                                <Textarea value={reason} resize="vertical" rows={3} onChange={(_, data) => set({ reason: data.value })} />
                            </Field>
                            <Field label="Ticket ID" hint="Your own reference, up to 64 characters; goes in front of the reason.">
                                <Input value={ticket} maxLength={TICKET_MAX} onChange={(_, data) => set({ ticket: data.value })} />
                            </Field>
                            {errors.rest !== null && <ErrorState error={errors.rest} />}
                            {status !== '' && (
                                <Command
                                    request={{ method: 'PATCH', path: `/teamsRequestsForInformation/${tenantId}?api-version=2024-02-29-preview`, body: bodyOf(draft.value), contentType: PATCH }}
                                    numgate={command('numgate', 'rfi', 'set', tenantId, status, ...(commentOf(reason, ticket) ? ['--comment', commentOf(reason, ticket)] : []))}
                                />
                            )}
                        </DialogContent>
                        <DialogActions>
                            <Button type="submit" appearance="primary" disabledFocusable={update.isPending} {...(update.isPending && { icon: <Spinner size="tiny" /> })}>Update</Button>
                            <Button disabledFocusable={update.isPending} onClick={() => { draft.clear(); onClose(); }}>Cancel</Button>
                        </DialogActions>
                    </DialogBody>
                </form>
            </DialogSurface>
        </Dialog>
    );
}
