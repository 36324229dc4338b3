/** The relay forgets what it has read before the stream has it. */
import { inside } from './mela-dist.mjs';

const { RelaySession } = await inside('@mela/bus', 'outbox/relay-session.js');
const { pending } = RelaySession.prototype;
RelaySession.prototype.pending = async function (...asked) {
  const rows = await pending.apply(this, asked);
  await this.query('DELETE FROM outbox WHERE event_id = ANY ($1::uuid[])', [rows.map((row) => row.event_id)]);
  return rows;
};
