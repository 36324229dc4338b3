import { Hears } from '@mela/bus';
import { defineService, type Tx } from '@mela/chassis';
import { mela, service, type EventOf, type EventType } from '@mela/contracts';

const everything: readonly EventType[] = [...mela.events.values()];

/**
 * Counts every event there is, and nothing else: a bare `n + 1` forgives neither a lost event nor a repeated one.
 * It also keeps a replica of memberships as any service would.
 */
@Hears(everything, { as: 'witness.tally' })
class Tally {
  handle(event: EventOf, tx: Tx): Promise<unknown> {
    return tx.query('INSERT INTO tally (aggregate, n) VALUES ($1, 1) ON CONFLICT (aggregate) DO UPDATE SET n = tally.n + 1', [event.subject]);
  }
}

export const witness = defineService({
  hosts: service('witness', {}),
  entities: [],
  migrations: [{ name: '0001-witness', statements: ['CREATE TABLE tally (aggregate text PRIMARY KEY, n int NOT NULL)'] }],
  apis: [],
  reactions: [Tally],
  providers: [Tally],
  members: 'replica',
});
