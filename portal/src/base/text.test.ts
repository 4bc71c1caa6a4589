import { expect, it } from 'vitest';
import { counted, whoText, wordsOf } from './text';

it('counts', () => {
    expect(counted(1, 'number')).toBe('1 number');
    expect(counted(0, 'number')).toBe('0 numbers');
    expect(counted(2, 'entry', 'entries')).toBe('2 entries');
});

it('makes words of a name', () => {
    expect(wordsOf('ConsentDeclined')).toBe('Consent declined');
    expect(wordsOf('notValidated')).toBe('Not validated');
});

it('calls people by name and programs by a short id', () => {
    expect(whoText('Ada Admin', 'x')).toBe('Ada Admin');
    expect(whoText(undefined, 'c6881fe9-8378-4bb7-ab61-df5e81f4113c/1f2a7b8c-7ad2-41b4-8663-b7f5e50f077a')).toBe('client 1f2a7b8c');
    expect(whoText(undefined, 'seed')).toBe('seed');
});
