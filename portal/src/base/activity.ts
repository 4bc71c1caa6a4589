/* What the audit tells, in words. */

export const KINDS: Record<string, string> = { account: 'Account', number: 'Number', requestForInformation: 'Request for information', civicAddress: 'Address' };
const DONE: Record<string, string> = { create: 'created', replace: 'changed', delete: 'deleted' };

/** "Number created". */
export const doneText = ({ kind, action }: { kind: string; action: string }) => `${KINDS[kind] ?? kind} ${DONE[action] ?? action}`;
