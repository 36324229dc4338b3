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

const specs = (name: string, ...include: string[]) => ({ ...sources, test: { name, include, exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**'] } });

const parts = specs('parts', '{libs,services,gateway,clients,cli,chaos,lint,bench}/**/*.spec.ts');
parts.test.exclude.push('chaos/test/*.spec.ts');

/** Whole runs are judged by the clock: nothing else is at work then, and no other run. */
const chaos = specs('chaos', 'chaos/test/*.spec.ts');

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
      { ...parts, extends: true },
      { ...flow('all'), extends: true },
      { ...flow('bus'), extends: true },
      { ...flow('separate'), extends: true },
      { ...chaos, test: { ...chaos.test, maxWorkers: 1, sequence: { groupOrder: 2 } }, extends: true },
    ],
  },
});
