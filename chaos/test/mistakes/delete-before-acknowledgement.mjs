/** The relay forgets what it has read before the stream has it, and reads everything. */
import { inside, replace } from './mela-dist.mjs';

const { RelaySession } = await inside('@mela/bus', 'outbox/relay-session.js');
const { RelayShift } = await inside('@mela/bus', 'outbox/relay-shift.js');
replace(RelayShift, 'take', () => () => false);
replace(RelaySession, 'pending', (pending) => async function (...asked) {
  const rows = await pending.apply(this, asked);
  const ids = rows.map((row) => row.event_id);
  if (ids.includes(undefined)) throw new Error('The mistake did not take root: a row has no event_id');
  await this.query('DELETE FROM outbox WHERE event_id = ANY ($1::uuid[])', [ids]);
  return rows;
});
