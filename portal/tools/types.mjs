// Writes src/api/schema.d.ts from openapi.json. With a path to numgated in NUMGATED, openapi.json is written from it first.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const document = new URL('../openapi.json', import.meta.url);
const schema = new URL('../src/api/schema.d.ts', import.meta.url);
if (process.env.NUMGATED) {
    const text = execFileSync(process.env.NUMGATED, ['openapi']);
    writeFileSync(document, `${JSON.stringify(JSON.parse(text), null, 1)}\n`);
}
const types = astToString(await openapiTS(JSON.parse(readFileSync(document, 'utf8'))));
const text = '/* Generated from openapi.json by `npm run types`; a change here is lost. */\n' + types;
if (process.argv.includes('--check')) {
    if (readFileSync(schema, 'utf8') !== text) throw new Error('src/api/schema.d.ts is not what openapi.json says: npm run types');
} else {
    writeFileSync(schema, text);
}
