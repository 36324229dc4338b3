import { event, mela, type Catalogue } from '@mela/contracts';
import { z } from 'zod';

export const WITNESS = 'witness';
export const WITNESS_SOURCE = `/mela/${WITNESS}`;

/** The witness says how far it has counted: its aggregates change again and again, as no other's do so often. */
export const TallyCounted = event('tally.counted', {
  summary: 'The witness counted an event',
  aggregate: 'tally',
  data: z.object({ eventId: z.uuid() }),
  example: { eventId: '01900000-0000-7000-8000-000000000001' },
});

/** Mela's, and what only chaos declares. */
export const witnessed: Catalogue = {
  ...mela,
  events: new Map([...mela.events, [TallyCounted.type, TallyCounted]]),
  ownerOf: (one) => (one === TallyCounted ? WITNESS : mela.ownerOf(one)),
};
