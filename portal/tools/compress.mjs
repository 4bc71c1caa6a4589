// Puts a .gz and a .br beside every built file that a browser fetches. The same input gives the same bytes.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
rmSync(new URL('.vite', dist), { recursive: true, force: true });
const assets = readdirSync(new URL('assets/', dist)).map((name) => `assets/${name}`);
for (const name of ['index.html', ...assets]) {
    if (/\.(gz|br)$/.test(name)) continue;
    const file = new URL(name, dist);
    const bytes = readFileSync(file);
    writeFileSync(new URL(`${name}.gz`, dist), gzipSync(bytes, { level: 9 }));
    writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }));
}
