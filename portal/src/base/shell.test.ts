import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { command, commandWith, curlCommand, shellQuote } from './shell';

it('a shell reads back what was quoted', () => {
    for (const text of ['', 'plain', "it's", '$HOME', '`id`', 'a"b', 'line\nend', '\\', "';rm -rf /;'", '-n', '*']) {
        expect(execFileSync('sh', ['-c', `printf %s ${shellQuote(text)}`]).toString()).toBe(text);
    }
});

it('the token stays a variable, everything else is quoted', () => {
    const text = curlCommand('https://a.example', { method: 'PUT', path: "/accounts/x?y='", body: { name: "o'hara" } });
    expect(text).toContain('"Authorization: Bearer $NUMGATE_TOKEN"');
    expect(text).toContain(`'https://a.example/accounts/x?y='\\'''`);
});

it('words become a command', () => {
    expect(command('numgate', 'account', 'show', 'a b')).toBe("numgate account show 'a b'");
});

it('JSON on standard input is read as it is', () => {
    const body = { text: "it's $HOME `id` \\ END\nEND\n", list: ['END'] };
    expect(JSON.parse(execFileSync('sh', ['-c', commandWith(body, 'cat', '-')]).toString())).toEqual(body);
});
