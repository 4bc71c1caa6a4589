/// <reference types="vitest/config" />
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The policy of the served page allows no inline script, no data: URL and no eval, so nothing is inlined and no polyfill injected.
export default defineConfig({
    base: '/portal/',
    plugins: [react()],
    build: {
        target: 'es2022',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        manifest: true,
        reportCompressedSize: false,
        chunkSizeWarningLimit: 1000,
    },
    test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
