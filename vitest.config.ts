import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{libs,services,gateway,cli}/**/*.spec.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    isolate: false,
    sequence: { shuffle: { files: true, tests: true } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
