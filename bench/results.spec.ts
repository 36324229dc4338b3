import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bounded, compared, costs, judged, keep } from './results.mjs';

const beside = (ours: number[], rates: number[], goal = 0.4) => compared('spine.consumer', 'events/s', ours, { name: 'raw', rates, goal });

it('judges a ratio as it is, not as it is shown', () => {
  expect(beside([3_960], [10_000])).toMatchObject({ ratio: 0.4, holds: false });
  expect(beside([4_000], [10_000])).toMatchObject({ ratio: 0.4, holds: true });
  expect(beside([3_000, 4_100, 9_000], [10_000, 20_000, 5_000])).toMatchObject({ ratio: 0.41, holds: true, range: { ratio: [0.21, 1.8] } });
});

describe('where everybody around left no room', () => {
  const [room, none] = [[40, 60], [40, 85]];
  const holding = beside([9_000], [10_000]);
  const missing = beside([3_000], [10_000]);
  const at = (result: typeof holding, ours: number[], peer: number[], looks: 'worse' | 'different' = 'worse') => judged(result, { ours, peer, most: 80, looks });

  it('says how busy it was, and keeps a verdict that stands all the more', () => {
    expect(at(holding, room, room)).toEqual({ ...holding, busy: { ours: 60, peer: 60 } });
    expect(at(holding, none, room)).toMatchObject({ holds: true, busy: { ours: 85, peer: 60 } });
    expect(at(missing, room, none)).toMatchObject({ holds: false });
    expect(at(holding, [], [])).toBe(holding);
  });

  it('keeps none that may be owed to it', () => {
    expect(at(holding, room, none)).toMatchObject({ holds: null, note: expect.stringContaining('the peer was held up') });
    expect(at(missing, none, room)).toMatchObject({ holds: null, note: expect.stringContaining('ours was held up') });
    expect(at(holding, none, none)).toMatchObject({ holds: null, note: expect.stringContaining('both were') });
    expect(at(holding, none, room, 'different')).toMatchObject({ holds: null });
  });

  it('keeps one that stands against all that a held-up peer could have done', () => {
    const against = (peerUnheld: number[]) => judged(holding, { ours: none, peer: none, most: 80, peerUnheld });
    expect(against([20_000, 22_000])).toMatchObject({ holds: true, peerUnheld: 21_000, note: expect.stringContaining('could not have passed 21000 events/s') });
    expect(against([23_000])).toMatchObject({ holds: null });
    expect(judged(missing, { ours: none, peer: none, most: 80, peerUnheld: [1] })).toMatchObject({ holds: null });
  });

  it('has nothing to keep where nothing is judged', () => {
    const told = costs('fanout.cpu', 'µs', [1], { name: 'raw', costs: [1] });
    expect(judged(told, { ours: none, peer: none, most: 80 })).toEqual({ ...told, busy: { ours: 85, peer: 85 } });
  });
});

it('a bound of its own is told apart from a goal for the ratio', () => {
  const row = bounded('fanout.memory', 'kB', [11], { name: 'raw', costs: [5], most: 12 });
  expect(row).toMatchObject({ ratio: 2.2, goal: 12, goalOf: 'ours', holds: true });
  expect(beside([9_000], [10_000])).not.toHaveProperty('goalOf');
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
