/** A command is remembered as done whether or not what it did is committed. */
import { Tx } from '@mela/chassis';
import { detour, outside } from './mela-dist.mjs';

detour(Tx, ['@mela/chassis', 'idempotency/idempotent.js'], 'INSERT INTO idempotency', outside);
