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
  handle(event: EventOf, tx: Tx): Promise<void> {
    return this.handleAll([event], tx);
  }

  /** In two statements: whoever hears everything falls behind first on a busy machine. */
  async handleAll(events: readonly EventOf[], tx: Tx): Promise<void> {
    await tx.query(
      `INSERT INTO tally (aggregate, n) SELECT aggregate, count(*) FROM unnest($1::text[]) AS aggregate GROUP BY aggregate ORDER BY aggregate
       ON CONFLICT (aggregate) DO UPDATE SET n = tally.n + excluded.n`,
      [events.map(({ subject }) => subject)],
    );
    const rounds = await tx.query<{ id: string; version: number }>(
      `INSERT INTO round (id, version) SELECT id, count(*) FROM unnest($1::text[]) AS id GROUP BY id ORDER BY id
       ON CONFLICT (id) DO UPDATE SET version = round.version + excluded.version RETURNING id, version`,
      [events.map(roundOf)],
    );
    const counted = Map.groupBy(events, roundOf);
    for (const { id, version: last } of rounds) {
      const told = counted.get(id)!;
      for (const [place, event] of told.entries()) tx.emit(TallyCounted, { id, version: last - told.length + 1 + place }, { eventId: event.id });
    }
  }
}

const roundOf = ({ type, subject }: EventOf): string => `${type.split('.')[0]}-${shardOf(subject) % ROUNDS}`;

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
