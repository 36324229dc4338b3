import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compared, keep } from './results.mjs';

const beside = (ours: number[], rates: number[], goal = 0.4) => compared('spine.consumer', 'events/s', ours, { name: 'raw', rates, goal });

it('judges a ratio as it is, not as it is shown', () => {
  expect(beside([3_960], [10_000])).toMatchObject({ ratio: 0.4, holds: false });
  expect(beside([4_000], [10_000])).toMatchObject({ ratio: 0.4, holds: true });
  expect(beside([3_000, 4_100, 9_000], [10_000, 20_000, 5_000])).toMatchObject({ ratio: 0.41, holds: true, range: { ratio: [0.21, 1.8] } });
});

it('keeps one run of each benchmark in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mela-bench-'));
  const file = join(folder, 'latest.json');
  const earlier = [beside([9_000], [10_000]), { ...beside([9_000], [10_000]), name: 'spine.relay' }];
  await keep(file, earlier, { at: 'yesterday' });
  await keep(file, [{ ...beside([9_000], [10_000]), name: 'fanout.burst' }], { at: 'this morning' });
  await keep(file, [beside([5_000], [10_000])], { at: 'today' });
  const rows = JSON.parse(await readFile(file, 'utf8')) as { name: string; ratio: number; measured: { at: string } }[];
  expect(rows.map(({ name, ratio, measured }) => [name, ratio, measured.at])).toEqual([['fanout.burst', 0.9, 'this morning'], ['spine.consumer', 0.5, 'today']]);
  await rm(folder, { recursive: true });
});
