import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../../test/world.ts';
import { keepPartitions } from './sent-partitions.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const stamp = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().replaceAll(/\D/g, '').slice(0, 10);

it.each(['UTC', 'Asia/Kolkata', 'America/New_York'])('keeps a day of what was sent, and is ahead by three hours, in %s', async (zone) => {
  const garden = await world.garden();
  const client = await garden.session();
  await client.query(`SET TimeZone = '${zone}'`);
  for (const hours of [-30, -27, -24, -2]) {
    const from = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + hours * 3_600_000);
    const to = new Date(from.getTime() + 3_600_000);
    await client.query(`CREATE TABLE outbox_sent_${stamp(hours)} PARTITION OF outbox_sent FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`);
  }
  await client.query(keepPartitions);
  await client.query(keepPartitions);
  const { rows } = await client.query<{ name: string }>(`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'outbox_sent'::regclass ORDER BY 1`);
  expect(rows.map(({ name }) => name)).toEqual([-24, -2, 0, 1, 2, 3].map((hours) => `outbox_sent_${stamp(hours)}`));
  await client.end();
});

it('may be kept by several relays at once', async () => {
  const garden = await world.garden();
  const clients = await Promise.all([...Array(6)].map(() => garden.session()));
  await Promise.all(clients.map((client) => client.query(keepPartitions)));
  await Promise.all(clients.map((client) => client.end()));
});
