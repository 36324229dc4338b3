import { expect, it } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import type { Delivery } from '../delivery.ts';
import { heartbeat } from './heartbeat.ts';

it('says of all that is held, and of nothing else, that it is worked on, three times within the wait', async () => {
  const said: string[] = [];
  const delivery = (name: string) => ({ working: () => said.push(name) }) as unknown as Delivery;
  let held = [delivery('a'), delivery('b')];
  const began = performance.now();
  const stop = heartbeat(() => held, 60);
  await eventually(() => said.length, (count) => count >= 4);
  expect(performance.now() - began).toBeLessThan(600);
  held = [delivery('c')];
  await eventually(() => said.at(-1), (last) => last === 'c');
  stop();
  expect(said.slice(0, 4)).toEqual(['a', 'b', 'a', 'b']);
});
