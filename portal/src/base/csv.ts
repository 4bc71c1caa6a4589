/* Comma-separated values (RFC 4180) for a spreadsheet. A text that a spreadsheet would run as a formula gets an apostrophe before it;
 * a telephone number, which begins with a plus sign, stays as it is. */

const FORMULA = /^[=@\t\r]|^[+-](?![\d\s().-]*$)/;

function cell(text: string): string {
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvText(rows: readonly (readonly (string | undefined)[])[]): string {
    return rows.map((row) => `${row.map((text) => cell(text ?? '')).join(',')}\r\n`).join('');
}
