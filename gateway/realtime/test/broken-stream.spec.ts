import { ensureStream, RESTORED } from '@mela/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { clientsIn, ways } from './client.fixture.ts';
import { openHarbour } from './harbour.fixture.ts';

const world = openHarbour();
const clients = clientsIn(world);

it('a stream that is made anew begins anew on every transport: the state is read again, and then what happens is heard', async () => {
  const gateway = await world.gateway();
  const views = ways.map((way) => {
    const { client } = clients.opened(gateway.url, { transports: [way] });
    const view = { resyncs: 0, ids: [] as string[] };
    client.subscribe('dock:north', { resync: () => view.resyncs++, event: (event) => view.ids.push(event.id) });
    return view;
  });
  const all = (expected: object) => expect.poll(() => views, { timeout: 15_000 }).toEqual(views.map(() => expected));
  await all({ resyncs: 1, ids: [] });
  const before = await world.publish();
  await all({ resyncs: 1, ids: [before.id] });

  await (await jetstreamManager(world.nc)).streams.delete('MELA');
  await ensureStream(world.nc);
  await all({ resyncs: 2, ids: [before.id] });
  const after = await world.publish();
  await all({ resyncs: 2, ids: [before.id, after.id] });
}, 60_000);

it('what happens right before something that is put back is told on every transport', async () => {
  const gateway = await world.gateway();
  const putBack = (n: number) =>
    world.store('evt.ship.sighted.0', { 'ce-specversion': '1.0', 'ce-id': id(700 + n), 'ce-type': 'ship.sighted', 'ce-source': '/mela/harbour', 'ce-subject': id(1), 'ce-time': new Date().toISOString(), 'ce-aggregateversion': '1', [RESTORED]: '1' }, `{"shipId":"${id(1)}","dock":"north"}`);
  // Everybody is told of the break by its beginning, and comes while it lasts: whoever is there already is not told again.
  await putBack(0);
  const views = ways.map((way) => {
    const { client } = clients.opened(gateway.url, { transports: [way] });
    const view = { resyncs: 0, ids: [] as string[] };
    client.subscribe('dock:north', { resync: () => view.resyncs++, event: (event) => view.ids.push(event.id) });
    return view;
  });
  await expect.poll(() => views.map(({ resyncs }) => resyncs), { timeout: 15_000 }).toEqual([1, 1, 1]);
  const told: string[] = [];
  for (let n = 1; n <= 20; n++) {
    // Both are on their way before either is acknowledged, so that they are heard in one turn.
    const [happened] = await Promise.all([world.publish(), putBack(n)]);
    told.push(happened.id);
  }
  const last = await world.publish();
  // A poll asks again behind what is remembered, and is told to read anew: what happened before that is read.
  const isThere = ({ ids, resyncs }: (typeof views)[number]) => ids.includes(last.id) || resyncs > 1;
  await expect.poll(() => views.filter(isThere).length, { timeout: 15_000 }).toBe(3);
  const [webSocket, stream, poll] = views;
  const whole = { resyncs: 1, ids: [...told, last.id] };
  expect([webSocket, stream]).toEqual([whole, whole]);
  if (poll!.resyncs === 1) return expect(poll).toEqual(whole);
  // It may be about to begin anew once more: what happens until then is read, and what happens from then on is heard.
  const later: string[] = [];
  const hearsOn = async () => {
    later.push((await world.publish()).id);
    return later.some((one) => poll!.ids.includes(one));
  };
  await expect.poll(hearsOn, { timeout: 15_000 }).toBe(true);
  // Of what was not read each is heard once, and in order.
  expect(poll!.ids).toEqual([...told, last.id, ...later].filter((one) => poll!.ids.includes(one)));
}, 60_000);
