import { Hears, shardOf } from '@mela/bus';
import { defineService, type Tx } from '@mela/chassis';
import { mela, service, type EventOf, type EventType } from '@mela/contracts';
import { TallyCounted, WITNESS, witnessed } from './counted.ts';

const everything: readonly EventType[] = [...mela.events.values()];

/** Few, so that each reaches many versions; and of one noun, since each noun is consumed by itself: no two wait for each other. */
const ROUNDS = 4;

/**
 * Counts every event there is: a bare `n + 1` forgives neither a lost event nor a repeated one. And it says so, in few
 * aggregates with many versions each: from its inbox through its effects into an outbox of its own, in one transaction.
 * It also keeps a replica of memberships as any service would.
 */
@Hears(everything, { as: 'witness.tally' })
class Tally {
  async handle(event: EventOf, tx: Tx): Promise<void> {
    const [round] = await tx.query<{ id: string; version: number }>(
      `WITH counted AS (INSERT INTO tally (aggregate, n) VALUES ($1, 1) ON CONFLICT (aggregate) DO UPDATE SET n = tally.n + 1)
       INSERT INTO round (id, version) VALUES ($2, 1) ON CONFLICT (id) DO UPDATE SET version = round.version + 1 RETURNING id, version`,
      [event.subject, `${event.type.split('.')[0]}-${shardOf(event.subject) % ROUNDS}`],
    );
    tx.emit(TallyCounted, round!, { eventId: event.id });
  }
}

export const witness = defineService(
  {
    hosts: service(WITNESS, {}),
    entities: [],
    migrations: [
      {
        name: '0001-witness',
        statements: ['CREATE TABLE tally (aggregate text PRIMARY KEY, n int NOT NULL)', 'CREATE TABLE round (id text PRIMARY KEY, version int NOT NULL)'],
      },
    ],
    apis: [],
    reactions: [Tally],
    providers: [Tally],
    members: 'replica',
  },
  witnessed,
);
