import { describe, expect, it } from 'vitest';

const file = new URL('../bin/affected.mjs', import.meta.url).href;
const { affectedRuns } = (await import(file)) as { affectedRuns(base: string, changed: string[], services: string[]): string[][] };

const importing = ['--changed', 'main', '--project', 'parts', '--project', 'chaos', '--passWithNoTests'];
const starting = ['--project', 'parts', '--project', 'flows:*', '.flow.ts', 'cli/test/', 'services/identity/test/'];

describe('what npm run test:affected runs', () => {
  it.each(['libs/bus/src/bus.ts', 'services/identity/migrations/0001.sql', 'gateway/api/package.json', 'cli/start.mjs'])('all that starts processes, when %s has changed', (changed) => {
    expect(affectedRuns('main', ['README.md', changed], ['identity'])).toEqual([importing, starting]);
  });

  it.each(['README.md', 'docs/events.md', 'services/identity/README.md'])('only what imports it, when %s has changed', (changed) => {
    expect(affectedRuns('main', [changed], ['identity'])).toEqual([importing]);
  });
});
