// How large the scripts are, in gzip. Fails over 230 KB for what a page needs when it is the first one, whichever it is, 80 KB for what of
// it is the page's, and 500 KB for all. What is fetched when the browser has nothing to do is in none but the last.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KB = 1000, dist = new URL('../dist/', import.meta.url);
const size = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
const imports = (file) => [...readFileSync(new URL(file, dist), 'utf8').matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map((m) => `assets/${m[1]}`);
function closure(file, seen = new Set()) {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const next of imports(file)) closure(next, seen);
    return seen;
}
const sum = (files) => [...files].reduce((total, file) => total + size(file), 0);
const html = readFileSync(new URL('index.html', dist), 'utf8');
const entry = html.match(/<script[^>]+src="\/portal\/(assets\/[^"]+\.js)"/)[1];
const first = closure(entry);
const all = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js')).map((name) => `assets/${name}`);
const pages = all.filter((name) => /Page-[\w-]+\.js$/.test(name));
const rows = pages.map((page) => [page, sum([...closure(page)].filter((file) => !first.has(file)))]);
const shown = (bytes) => `${(bytes / KB).toFixed(1).padStart(7)} KB`;
console.log(`${shown(sum(first))}  before any page`);
for (const [page, bytes] of rows) console.log(`${shown(sum(first) + bytes)}  opening ${page}, ${(bytes / KB).toFixed(1)} KB of it its own`);
console.log(`${shown(sum(all))}  all scripts`);
const faults = [];
if (rows.length === 0) faults.push('there is no page');
for (const [page, bytes] of rows) {
    if (sum(first) + bytes > 230 * KB) faults.push(`${page} as the first page takes ${shown(sum(first) + bytes).trim()}, over 230 KB`);
    if (bytes > 80 * KB) faults.push(`${page} adds ${shown(bytes).trim()}, over 80 KB`);
}
if (sum(all) > 500 * KB) faults.push(`all are ${shown(sum(all))}, over 500 KB`);
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);
