import { NotFound, type Operation } from '@mela/contracts';
import type { Step } from '@mela/bus';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { exchangeOf } from './exchange.fixture.ts';
import { measured } from './measured.ts';
import { notes } from './notes.fixture.ts';

const done: Step = async () => ({ text: 'milk' });
const refused: Step = async () => NotFound();
const broken: Step = async () => {
  throw new Error('the pen broke');
};

const counted = async (metrics: Registry, operation: Operation, outcome: string): Promise<number> =>
  Number(new RegExp(`^mela_operation_seconds_count\\{operation="${operation.id}",outcome="${outcome}"\\} (\\d+)$`, 'm').exec(await metrics.metrics())?.[1] ?? 0);

it('counts each operation by how it ended', async () => {
  const metrics = new Registry();
  const host = measured(metrics);
  await host(done)(exchangeOf(notes.write));
  await host(done)(exchangeOf(notes.write));
  await host(refused)(exchangeOf(notes.write));
  await host(refused)(exchangeOf(notes.count));
  expect([await counted(metrics, notes.write, 'ok'), await counted(metrics, notes.write, 'resource.not_found')]).toEqual([2, 1]);
  expect([await counted(metrics, notes.count, 'ok'), await counted(metrics, notes.count, 'resource.not_found')]).toEqual([0, 1]);
});

it('hands on what it measured: the answer, the refusal, the failure', async () => {
  const metrics = new Registry();
  const host = measured(metrics);
  expect(await host(done)(exchangeOf(notes.write))).toEqual({ text: 'milk' });
  expect(await host(refused)(exchangeOf(notes.write))).toEqual(NotFound());
  await expect(host(broken)(exchangeOf(notes.write))).rejects.toThrow('the pen broke');
  expect(await counted(metrics, notes.write, 'failed')).toBe(1);
});

it('is one metric for all the services of a process', async () => {
  const metrics = new Registry();
  await measured(metrics)(done)(exchangeOf(notes.write));
  await measured(metrics)(done)(exchangeOf(notes.write));
  expect(await counted(metrics, notes.write, 'ok')).toBe(2);
});
