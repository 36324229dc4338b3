import { setImmediate as turn } from 'node:timers/promises';
import type { Act, Workload } from '@mela/testkit/chaos';
import { expect, it } from 'vitest';
import { History } from '../history/history.ts';
import { randomOf } from '../seed.ts';
import { Audience } from './audience.ts';
import { Crowd } from './crowd.ts';

const nowhere = 'http://127.0.0.1:1';
const alone = { api: nowhere, post: { to: () => [] }, operates: async () => undefined };
const workload = (more: Partial<Workload>): Workload => ({ service: 'riddles', aggregates: {}, rows: {}, acts: [], probe: async () => [], effects: {}, ...more });

it('an act that breaks stops the crowd, and is told when it comes to rest', async () => {
  let acts = 0;
  const act: Act = { name: 'guess', weight: 1, run: async () => { acts += 1; throw new Error(`nobody knows ${acts}`); } };
  const crowd = new Crowd({ ...alone, history: new History(), random: randomOf('crowd'), workloads: [workload({ acts: [act] })], people: 3 });
  crowd.begin();
  await turn();
  await expect(crowd.rest(1_000)).rejects.toThrow('nobody knows 1');
  expect(acts).toBe(3);
});

it('a look that breaks stops the audience, and is told when it comes to rest', async () => {
  const crowd = new Crowd({ ...alone, history: new History(), random: randomOf('crowd'), workloads: [], people: 1 });
  const someone = Object.defineProperty(crowd.people[0]!, 'session', { get: () => { throw new Error('nobody sits there'); } });
  const audience = new Audience({ realtime: nowhere, history: new History(), random: randomOf('audience'), workloads: [], people: [someone], screens: 2 });
  audience.begin();
  await turn();
  await expect(audience.rest()).rejects.toThrow('nobody sits there');
});
