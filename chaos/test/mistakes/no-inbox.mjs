/** Every delivery is taken for a new one: nothing is ever known. */
import { Tx } from '@mela/chassis';
import { detour } from './mela-dist.mjs';

detour(Tx, ['@mela/bus', 'consume/wrappers/once.js'], 'WITH fresh AS (INSERT INTO inbox', function (_statement, _parameters, query) {
  return query.call(this, 'SELECT NULL::uuid AS event_id WHERE false', []);
});
