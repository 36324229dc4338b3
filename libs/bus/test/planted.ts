import { headers } from '@nats-io/transport-node';
import { v7 as uuid } from 'uuid';
import { DeadLetters } from '../src/consume/dead-letters.ts';
import { seal } from '../src/outbox/envelope.ts';
import { PlantGrew } from './garden.ts';
import type { World } from './world.ts';

/** Faults come again at once, and are given up soon. */
export const fast = { ackWaitMs: 1_000, backoffMs: [50, 100], maxDeliver: 4 };

/** A garden with a table of effects, and a way to say that a plant grew past outbox and relay: malformed, or once more. */
export async function planted(world: World) {
  const garden = await world.garden();
  await garden.effects();
  return {
    garden,
    publish: publishOn(world),
    effects: () => garden.db.query<{ event_id: string; consumer: string; aggregate: string; version: number }>('SELECT * FROM effect ORDER BY place'),
    letters: () => new DeadLetters(garden.db).list(),
    /** Whoever replays rings. */
    deadLetters: new DeadLetters(garden.db, () => world.nc.publish(`bell.${garden.name}.dlq`)),
  };
}

interface Change {
  subject?: string;
  drop?: string;
  payload?: string;
  msgId?: string;
  id?: string;
  plant?: string;
  version?: number;
}

const publishOn = (world: World) => async (change: Change = {}) => {
  const plant = change.plant ?? uuid();
  const sealed = seal(PlantGrew, { id: plant, version: change.version ?? 1 }, { plantId: plant, height: 1 }, {
    source: '/mela/test', actor: 'asha', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', ...(change.id ? { id: change.id } : {}),
  });
  const all = headers();
  for (const [name, value] of Object.entries(sealed.headers)) if (name !== change.drop) all.set(name, value);
  if (change.msgId) all.set('Nats-Msg-Id', change.msgId);
  await world.nc.request(change.subject ?? sealed.subject, change.payload ?? sealed.payload, { headers: all, timeout: 500 });
  return sealed.eventId;
};
