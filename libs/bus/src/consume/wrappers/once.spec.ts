import type { EventOf } from '@mela/contracts';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { World, type Garden } from '../../../test/world.ts';
import { once } from './once.ts';

let world: World;
let garden: Garden;
beforeAll(async () => {
  world = await World.open();
});
beforeEach(async () => {
  garden = await world.garden();
  await garden.effects();
});
afterAll(() => world.close());

const eventWith = (id: string) => ({ id, subject: 'a', aggregateVersion: 1 }) as EventOf;
const effect = (event: EventOf, tx: { query(text: string, values: unknown[]): Promise<unknown> }) =>
  tx.query('INSERT INTO effect (consumer, event_id) VALUES ($1, $2)', ['c', event.id]);

describe('an event', () => {
  it('is applied once by each consumer, in one batch or in several, by one process or by many', async () => {
    const ids = Array.from({ length: 20 }, () => uuid());
    const events = [...ids, ...ids].map(eventWith);
    const apply = (consumer: string) => garden.db.transaction((tx) => once(consumer, { handle: effect })(events, tx));
    const applied = await Promise.all([...Array(8)].map(() => apply('garden.one')));
    expect(applied.reduce((sum, count) => sum + count)).toBe(20);
    expect(await apply('garden.two')).toBe(20);
    expect(await garden.count('effect')).toBe(40);
  });

  it('comes together with the others that are new, where the handler takes many at once', async () => {
    const ids = Array.from({ length: 5 }, () => uuid());
    const together: string[][] = [];
    const apply = once('garden.many', {
      handle: (event) => together.push([event.id]),
      handleAll: async (events) => together.push(events.map(({ id }) => id)),
    });
    await garden.db.transaction((tx) => apply(ids.slice(0, 1).map(eventWith), tx));
    await garden.db.transaction((tx) => apply([...ids, ...ids].map(eventWith), tx));
    expect(together).toEqual([ids.slice(0, 1), ids.slice(1)]);
  });

  it('is not remembered when its effects are rolled back', async () => {
    const event = eventWith(uuid());
    const failing = once('garden.one', { handle: () => Promise.reject(new Error('no')) });
    await expect(garden.db.transaction((tx) => failing([event], tx))).rejects.toThrow('no');
    expect(await garden.db.transaction((tx) => once('garden.one', { handle: effect })([event], tx))).toBe(1);
  });

  it('is not taken for applied when its handler swallowed the fault that doomed the transaction', async () => {
    const event = eventWith(uuid());
    const swallowing = once('garden.one', { handle: (_event, tx) => tx.query('SELECT 1 / 0').catch(() => undefined) });
    await expect(garden.db.transaction((tx) => swallowing([event], tx))).rejects.toThrow('aborted');
    expect(await garden.count('inbox')).toBe(0);
  });
});
