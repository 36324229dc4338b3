import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, World } from '../../test/world.ts';
import { bellOf, Doorbell } from './doorbell.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

it('rings at once, and once more for all that rang meanwhile', async () => {
  let heard = 0;
  world.nc.subscribe(bellOf('garden'), { callback: () => void (heard += 1) });
  const bell = new Doorbell(world.nc, 'garden');
  for (let i = 0; i < 1_000; i++) bell.ring();
  await world.nc.flush();
  expect(heard).toBe(1);
  await eventually(() => heard, (count) => count === 2);
});

it('needs no messenger to a relay of its own process that carries everything', async () => {
  const heard: string[] = [];
  world.nc.subscribe(bellOf('orchard'), { callback: () => void heard.push('far') });
  const relay = { isAlone: false, hear: () => void heard.push('near'), take: () => false };
  const bell = new Doorbell(world.nc, 'orchard');
  bell.answeredBy(relay);
  bell.ring();
  await eventually(() => heard.join(), (all) => all === 'far');
  relay.isAlone = true;
  bell.ring();
  await eventually(() => heard.join(), (all) => all === 'far,near');
});

it('calls nobody where a relay of its own process takes what was written', async () => {
  const heard: string[] = [];
  world.nc.subscribe(bellOf('meadow'), { callback: () => void heard.push('far') });
  let takes = true;
  const taken: unknown[] = [];
  const bell = new Doorbell(world.nc, 'meadow');
  bell.answeredBy({ isAlone: false, hear: () => void heard.push('near'), take: (rows) => (taken.push(...rows), takes) });
  const rows = [{ id: '1' }, { id: '2' }] as never[];
  bell.ring(rows);
  await world.nc.flush();
  expect([heard, taken]).toEqual([[], rows]);
  takes = false;
  bell.ring(rows);
  await eventually(() => heard.join(), (all) => all === 'far');
});

it('does not fail whoever rings while there is no bus', async () => {
  const nc = await world.connection('ringer');
  await nc.close();
  expect(() => new Doorbell(nc, 'garden').ring()).not.toThrow();
});
