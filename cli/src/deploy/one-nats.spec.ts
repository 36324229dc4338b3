import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { partsOf } from './parts.ts';
import { allTargets } from '../targets.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

it('runs the NATS that everything was tested on, wherever one is pulled', async () => {
  const { image } = partsOf(allTargets).nats;
  const [, version] = /^nats:(\d+\.\d+\.\d+)-alpine$/.exec(image!)!;
  const pulled = ['docker-compose.yml', 'libs/testkit/src/containers.ts', 'libs/infra/src/servers/nats.ts'].map(async (file) => {
    const text = await readFile(join(ROOT, file), 'utf8');
    return [file, [...text.matchAll(/\bnats:(\d+\.[\d.]*\d)/g)].map(([, tag]) => tag)];
  });
  expect(await Promise.all(pulled)).toEqual([
    ['docker-compose.yml', [version]],
    ['libs/testkit/src/containers.ts', [version]],
    ['libs/infra/src/servers/nats.ts', [version]],
  ]);
  expect(await readFile(join(ROOT, 'deploy', 'README.md'), 'utf8')).toContain(`NATS is ${version} wherever`);
});
