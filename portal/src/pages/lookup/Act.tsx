/* What can be done with the numbers that were found. */
import { ChangeNumbers, DeleteNumbers, type NumberSet } from '../../ui/ActOnNumbers';
import { counted } from '../../base/text';
import type { FoundSet } from './set';

const ACCOUNTS_SHOWN = 5;

function setOf({ numbers, accounts, assigned, services }: FoundSet): NumberSet {
    const rest = accounts.length - ACCOUNTS_SHOWN;
    const whose = accounts.slice(0, ACCOUNTS_SHOWN).join(', ') + (rest > 0 ? ` and ${counted(rest, 'other account')}` : '');
    return { count: numbers.length, whose, account: accounts.length === 1 ? accounts[0] : undefined, choice: { telephoneNumbers: numbers }, assigned, services };
}

export interface ActProps {
    set: FoundSet;
    onClose: () => void;
}

export const DeleteFound = ({ set, onClose }: ActProps) => <DeleteNumbers set={setOf(set)} onClose={onClose} />;
export const ChangeFound = ({ set, onClose }: ActProps) => <ChangeNumbers set={setOf(set)} onClose={onClose} />;
