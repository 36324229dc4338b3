import { ensureStream } from '@mela/bus';
import { MelaRealtime, type Way } from '@mela/client';
import { id } from '@mela/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { World } from './harbour.fixture.ts';

let world: World;
const clients: MelaRealtime[] = [];
beforeAll(async () => {
  world = await World.open();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  return world.rest();
});
afterAll(() => world.close());

it('a stream that is made anew begins anew on every transport: the state is read again, and then what happens is heard', async () => {
  const gateway = await world.gateway();
  const views = (['websocket', 'sse', 'poll'] as const).map((way: Way) => {
    const client = new MelaRealtime({ url: gateway.url, transports: [way], random: () => 0.01, token: () => world.token(id(7)) });
    const view = { resyncs: 0, ids: [] as string[] };
    client.subscribe('dock:north', { resync: () => view.resyncs++, event: (event) => view.ids.push(event.id) });
    client.connect();
    clients.push(client);
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
