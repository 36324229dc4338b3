import type { MelaRealtime, Options, Presence } from '@mela/client';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { clientsIn, View } from './client.fixture.ts';
import { openHarbour } from './harbour.fixture.ts';

const [asha, ravi, mina] = [id(7), id(8), id(9)];
const NORTH = 'dock:north';

/** A screen that shows who is there. */
class Room extends View {
  readonly there = new Set<string>();
  readonly told: Presence[] = [];

  presence(presence: Presence): void {
    this.told.push(presence);
    if (presence.snapshot) this.there.clear();
    for (const personId of presence.join) this.there.add(personId);
    for (const personId of presence.leave) this.there.delete(personId);
  }

  sees(...people: string[]): Promise<void> {
    return expect.poll(() => [...this.there].sort(), { timeout: 8_000 }).toEqual(people.sort());
  }

  get left(): string[] {
    return this.told.flatMap(({ leave }) => leave);
  }
}

describe('the reference client, and who else is there', () => {
  const world = openHarbour();
  const clients = clientsIn(world);
  const clientOf = (personId: string, url: string, options: Partial<Options> = {}) => clients.opened(url, { token: () => world.token(personId), ...options }).client;
  const roomOf = (client: MelaRealtime) => {
    const view = new Room();
    return { view, leave: client.subscribe(NORTH, view) };
  };

  it('is told it beside the events, and of whoever gives the topic up at another gateway', async () => {
    const [here, there] = [await world.gateway(), await world.gateway()];
    const { view } = roomOf(clientOf(asha, here.url));
    const { view: other, leave } = roomOf(clientOf(ravi, there.url));
    await Promise.all([view.sees(asha, ravi), other.sees(asha, ravi)]);
    const { id: sighted } = await world.publish();
    for (const one of [view, other]) await expect.poll(() => one.ids).toEqual([sighted]);
    leave();
    await view.sees(asha);
    expect(view.told.at(-1)).toEqual({ v: expect.any(Number), join: [], leave: [ravi], count: 1 });
  });

  it('does not seem to leave when its connection is cut and it comes back elsewhere', async () => {
    const [here, there] = [await world.gateway(), await world.gateway()];
    const passage = await clients.passageTo(here);
    const { view: watcher } = roomOf(clientOf(asha, here.url));
    const { view, leave } = roomOf(clientOf(ravi, passage.url));
    const { leave: leaves } = roomOf(clientOf(mina, here.url));
    await Promise.all([watcher.sees(asha, ravi, mina), view.sees(asha, ravi, mina)]);
    passage.leadTo(there.http);
    passage.cut();
    await expect.poll(() => view.told.filter(({ snapshot }) => snapshot).length, { timeout: 5_000 }).toBe(2);
    await view.sees(asha, ravi, mina);
    leaves();
    await Promise.all([watcher.sees(asha, ravi), view.sees(asha, ravi)]);
    expect([watcher.left, view.resyncs]).toEqual([[mina], 1]);
    leave();
    await watcher.sees(asha);
  });

  it('may ask for it later, and reads nothing anew for that', async () => {
    const { url } = await world.gateway();
    const client = clientOf(asha, url);
    const plain = { resyncs: 0, ids: [] as string[] };
    client.subscribe(NORTH, { resync: () => void plain.resyncs++, event: ({ id: event }) => void plain.ids.push(event) });
    await expect.poll(() => plain.resyncs).toBe(1);
    const { view } = roomOf(client);
    await view.sees(asha);
    const { id: sighted } = await world.publish();
    await expect.poll(() => plain.ids).toEqual([sighted]);
    expect([plain.resyncs, view.resyncs]).toEqual([1, 1]);
    const { view: late } = roomOf(client);
    await late.sees(asha);
    await roomOf(clientOf(ravi, url)).view.sees(asha, ravi);
    await Promise.all([view.sees(asha, ravi), late.sees(asha, ravi)]);
  });

  it('is told the events alone where no WebSocket gets through', async () => {
    const { url } = await world.gateway();
    const { view: watcher } = roomOf(clientOf(asha, url));
    await watcher.sees(asha);
    for (const way of ['sse', 'poll'] as const) {
      const { view } = roomOf(clientOf(ravi, url, { transports: [way] }));
      await expect.poll(() => view.resyncs, { timeout: 5_000 }).toBe(1);
      const { id: sighted } = await world.publish();
      await expect.poll(() => view.ids, { timeout: 5_000 }).toEqual([sighted]);
      expect(view.told).toEqual([]);
    }
    await watcher.sees(asha);
  });

  it('is told nothing of who was there before another way was taken', async () => {
    const passage = await clients.passageTo(await world.gateway());
    const client = clientOf(asha, passage.url);
    const { view } = roomOf(client);
    await view.sees(asha);
    passage.admits = (line) => !line.startsWith('GET /realtime HTTP');
    passage.cut();
    await expect.poll(() => client.transport, { timeout: 10_000 }).toBe('sse');
    const { view: late } = roomOf(client);
    expect([late.resyncs, late.told]).toEqual([1, []]);
    // Where a WebSocket gets through again, all are told.
    passage.admits = () => true;
    await late.sees(asha);
    expect(late.told[0]).toMatchObject({ snapshot: true });
  });
});
