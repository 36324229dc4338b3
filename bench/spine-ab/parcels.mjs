import { seal } from '@mela/bus';
import { event, Id } from '@mela/contracts';
import { z } from 'zod';
import { seeded } from '../figures.mjs';

export const SERVICE = 'parcels';
export const SCHEMA = 'parcels';

export const ParcelMoved = event('parcel.moved', {
  summary: 'A parcel went from one place to another',
  aggregate: 'parcel',
  data: z.object({ parcelId: Id, carrierId: Id, fromId: Id, toId: Id, grams: z.number().int(), remark: z.string() }),
  example: {
    parcelId: '01900000-0000-7000-8000-000000000001',
    carrierId: '01900000-0000-7000-8000-000000000002',
    fromId: '01900000-0000-7000-8000-000000000003',
    toId: '01900000-0000-7000-8000-000000000004',
    grams: 300,
    remark: 'Handle with care',
  },
});

/** Events to an aggregate on average: enough that its order matters, few enough that there are many at once. */
const EVENTS_EACH = 5;
const REMARK = 'Left with the neighbour at number twelve, who promised to keep it dry until Tuesday';
const NOW = new Date('2026-01-01T12:00:00.000Z');

/** The same events in every process that is told the same seed: sealed as a service seals them, some 360 bytes of payload each. */
export function parcels(/** @type {number} */ count, /** @type {number} */ seed) {
  const random = seeded(seed);
  const digits = (/** @type {number} */ length) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  // Made one after the other, as version 7 has it: an index of them grows at its end.
  let tick = NOW.getTime();
  const id = () => {
    const time = (tick++).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-8${digits(3)}-${digits(12)}`;
  };
  const aggregates = Array.from({ length: Math.max(1, Math.round(count / EVENTS_EACH)) }, () => ({ id: id(), version: 0 }));
  return Array.from({ length: count }, () => {
    const parcel = aggregates[Math.floor(random() * aggregates.length)];
    parcel.version += 1;
    const [carrier, from, to] = [0, 1, 2].map(() => aggregates[Math.floor(random() * aggregates.length)].id);
    const data = { parcelId: parcel.id, carrierId: carrier, fromId: from, toId: to, grams: Math.floor(random() * 9_000), remark: REMARK };
    const traceparent = `00-${digits(32)}-${digits(16)}-01`;
    return seal(ParcelMoved, { ...parcel }, data, { source: `/mela/${SERVICE}`, actor: carrier, traceparent, id: id(), now: NOW });
  });
}
