/** Events are stored whether or not what they tell of is committed. */
import { Tx } from '@mela/chassis';
import { detour, outside } from './mela-dist.mjs';

detour(Tx, 'INSERT INTO outbox', outside);
