import { defineConfig } from 'vitest/config';

/** Libraries are tested unbuilt. Specs lie outside of every tsconfig that builds, so the decorators' dialect is told here again. */
const sources = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

const flow = (shape: string) => ({
  ...sources,
  test: {
    name: `flows:${shape}`,
    include: ['{services,gateway}/*/test/**/*.flow.ts'],
    globalSetup: ['libs/testkit/src/flow-setup.ts'],
    sequence: { groupOrder: 1 },
  },
});

/** Real parts throughout. The flows run in each shape: in one process, in one without the short path, and in four. */
export default defineConfig({
  ...sources,
  test: {
    isolate: false,
    // Most of a test is waiting for real parts: two run side by side even on two cores.
    maxWorkers: 2,
    sequence: { shuffle: { files: true, tests: true } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        ...sources,
        test: { name: 'parts', include: ['{libs,services,gateway,clients,cli,chaos,lint,bench}/**/*.spec.ts'], exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**'] },
        extends: true,
      },
      { ...flow('all'), extends: true },
      { ...flow('bus'), extends: true },
      { ...flow('separate'), extends: true },
    ],
  },
});
