import { expect, it } from 'vitest';
import { csvText } from './csv';

it('quotes what needs it', () => {
    expect(csvText([['a', 'b,c', 'say "x"', undefined], ['two\nlines']])).toBe('a,"b,c","say ""x""",\r\n"two\nlines"\r\n');
});

it('lets no text become a formula, and leaves numbers alone', () => {
    expect(csvText([['=1+1', '@SUM(A1)', '+44 1632 960000', '+cmd|x', '-2+A1', '-5']])).toBe("'=1+1,'@SUM(A1),+44 1632 960000,'+cmd|x,'-2+A1,-5\r\n");
});
