/** Every delivery is taken for a new one. */
import { Tx } from '@mela/chassis';
import { detour } from './mela-dist.mjs';

detour(Tx, 'INSERT INTO inbox', function (_statement, parameters, query) {
  return query.call(this, 'SELECT $1::text AS consumer, unnest($2::uuid[]) AS event_id', parameters);
});
