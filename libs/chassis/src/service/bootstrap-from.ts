import type { Asker, Bootstrap } from '@mela/bus';
import { isRefusal, type Snapshot, type Versioned } from '@mela/contracts';
import type { z } from 'zod';
import type { Tx } from '../database/transaction.ts';

/** A replica's beginning in its owner's `snapshot` operation. A page that is not what the contract says is not applied. */
export const bootstrapFrom = <Item extends Versioned>(
  asker: Asker,
  operation: Snapshot<Item>,
  apply: (items: readonly z.output<Item>[], tx: Tx) => Promise<unknown>,
): Bootstrap<Tx, z.output<Item>> => ({
  from: operation.service,
  page: async (after) => {
    const answer = await asker.ask(operation, after === undefined ? {} : { after });
    if (isRefusal(answer)) throw new Error(`${operation.id}: ${answer.detail ?? answer.title}`);
    const page = operation.output.safeParse(answer);
    if (!page.success) throw new Error(`${operation.id} answers otherwise than declared, at ${page.error.issues[0]!.path.join('.')}: ${page.error.issues[0]!.message}`);
    return page.data;
  },
  apply,
});
