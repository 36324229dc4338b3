import { z } from 'zod';
import { services } from './access.ts';
import { Cursor, Page } from './models.ts';
import { query, type Operation } from './operation.ts';

/** How far an aggregate has come: of two states of one aggregate, the one with the higher version is the newer. */
export const Version = z.number().int().min(1);

/** An item says which version of its aggregate it is. */
export type Versioned = z.ZodObject<{ version: z.ZodType<number> }>;

const MOST_AT_ONCE = 1_000;
const input = z.object({ after: Cursor.optional(), limit: z.number().int().min(1).max(MOST_AT_ONCE).default(MOST_AT_ONCE) });

interface SnapshotDeclaration<I extends Versioned> {
  summary: string;
  /**
   * Everything that a replica of this aggregate keeps. What was deleted or left stays among the items with its version:
   * a replica that was never told would take an older state for the newest one.
   */
  item: I;
}

/** What `snapshot` declares, once a service has named it. */
export type Snapshot<I extends Versioned = Versioned> = Operation<typeof input, ReturnType<typeof Page<I>>, typeof services>;

/**
 * An aggregate as it stands, page by page, for the replicas of services that were not there when its events happened.
 * It has no route and no limit: only services ask it, on the bus. A page may hold fewer items than were asked for, since
 * the bus carries a megabyte, and `next` alone says whether there is more.
 */
export const snapshot = <I extends Versioned>({ summary, item }: SnapshotDeclaration<I>) =>
  query({ summary, access: services, input, output: Page(item) });
