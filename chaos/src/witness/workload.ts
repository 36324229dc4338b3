import type { Violation, Workload } from '@mela/testkit/chaos';
import { TallyCounted, WITNESS, WITNESS_SOURCE } from './counted.ts';

const invariant = 'each event is counted once and told once';

/** The witness is judged as any service is. */
export const workload: Workload = {
  service: WITNESS,
  aggregates: { [TallyCounted.noun]: 'SELECT id, version FROM round' },
  rows: {},
  acts: [],
  // It is asked for by every other probe.
  probe: async () => [],
  effects: {},
  invariants: [
    {
      name: invariant,
      judge: ({ stream }) => {
        const [own, others] = [stream.filter(({ source }) => source === WITNESS_SOURCE), stream.filter(({ source }) => source !== WITNESS_SOURCE)];
        const told = Map.groupBy(new Map(own.map((event) => [event.id, event])).values(), ({ data }) => String(data['eventId']));
        const heard = new Set(others.map(({ id }) => id));
        const complain = (id: string, what: string): Violation => ({ invariant, what: `The witness ${what} ${id}`, about: [id] });
        return [
          ...[...heard].filter((id) => !told.has(id)).map((id) => complain(id, 'never told that it counted event')),
          ...[...told].filter(([, all]) => all.length > 1).map(([id, all]) => complain(id, `told ${all.length} times that it counted event`)),
          ...[...told.keys()].filter((id) => !heard.has(id)).map((id) => complain(id, 'told that it counted what the stream does not have, event')),
        ];
      },
    },
  ],
};
