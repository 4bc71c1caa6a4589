/* How far operator and enterprise have come: the words, what they mean, and which need a reason. */
export interface RelationshipStatus {
    value: string;
    text: string;
    hint: string;
    /** The enterprise reads why. */
    needsReason?: boolean;
}

export const RELATIONSHIPS: readonly RelationshipStatus[] = [
    { value: 'ConsentAcknowledged', text: 'Consent acknowledged', hint: 'You have seen the request.' },
    { value: 'CustomerContacted', text: 'Customer contacted', hint: 'You are talking to them.' },
    { value: 'AgreementSigned', text: 'Agreement signed', hint: 'They are your customer; create their account.' },
    { value: 'ConsentDeclined', text: 'Consent declined', hint: 'You turn the request down.', needsReason: true },
    { value: 'ContractTerminated', text: 'Contract terminated', hint: 'They are not your customer any more.', needsReason: true },
];

export const TICKET_MAX = 64;

export const relationshipText = (value: string | undefined): string =>
    RELATIONSHIPS.find((status) => status.value === value)?.text ?? value ?? '';

export const needsReason = (value: string): boolean => RELATIONSHIPS.some((status) => status.value === value && status.needsReason);

/** The one comment there is, with the ticket in front. */
export function commentOf(reason: string, ticket: string): string {
    const [why, id] = [reason.trim(), ticket.trim()];
    if (id === '') return why;
    return why === '' ? `Ticket ${id}` : `Ticket ${id}: ${why}`;
}
