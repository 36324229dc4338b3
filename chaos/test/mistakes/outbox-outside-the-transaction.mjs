/** Events are stored whether or not what they tell of is committed. */
import { Tx } from '@mela/chassis';
import { detour, outside } from './mela-dist.mjs';

detour(Tx, ['@mela/bus', 'outbox/outbox.js'], 'INSERT INTO outbox', outside);
