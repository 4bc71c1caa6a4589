// Checks who imports whom: the table of README.md, read from the import lines under src/. Tests may import what they test.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

// Room -> the rooms it may import, besides itself.
const mayImport = {
    base: [],
    session: ['base'],
    api: ['session', 'base'],
    ui: ['api', 'session', 'base'],
    pages: ['ui', 'api', 'session', 'base'],
    app: ['pages', 'ui', 'api', 'session', 'base'],
    'main.tsx': ['app', 'session'],
};
// Packages that belong to one room.
const owned = { oauth4webapi: 'session', 'openapi-fetch': 'api', '@tanstack/react-virtual': 'ui' };

const src = fileURLToPath(new URL('../src/', import.meta.url));
const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : /\.tsx?$/.test(entry.name) ? [join(folder, entry.name)] : []);
const roomOf = (path) => relative(src, path).split(sep)[0];
const pageOf = (path) => relative(src, path).split(sep)[1];
const faults = [];
for (const file of files(src)) {
    const room = roomOf(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
        const fault = (why) => faults.push(`src/${relative(src, file)}: ${name}: ${why}`);
        if (!name.startsWith('.')) {
            if (owned[name] && owned[name] !== room) fault(`belongs to ${owned[name]}`);
            continue;
        }
        const target = join(dirname(file), name);
        const other = roomOf(target);
        if (!mayImport[room]) fault(`${room} is not a room`);
        else if (other !== room && !mayImport[room].includes(other)) fault(`${room} may not import ${other}`);
        else if (room === 'pages' && other === 'pages' && pageOf(file) !== pageOf(target)) fault('a page may not import another page');
    }
}
if (faults.length) {
    console.error(faults.join('\n'));
    process.exit(1);
}
