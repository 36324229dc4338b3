import { ensureStream } from '@mela/bus';
import { jetstreamManager } from '@nats-io/jetstream';
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
