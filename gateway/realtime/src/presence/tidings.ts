import { z } from 'zod';
import { understood } from '../between-gateways.ts';

/** What gateways tell each other of who is there. `n` counts what changed at a gateway: who misses one asks for all. */
const from = z.string().regex(/^[\w-]{1,64}$/);
const n = z.int().min(0);
const people = z.record(z.string(), z.array(z.string()));

const Tiding = z.discriminatedUnion('t', [
  z.object({ t: z.literal('changed'), from, n, came: people, went: people }),
  /** I am here, have told so many changes, and this is how many are with me, counted once on each topic. */
  z.object({ t: z.literal('beat'), from, n, size: z.int() }),
  /** I go, and those who are with me look for another gateway. */
  z.object({ t: z.literal('bye'), from }),
  /** Of whom everything is wanted; of everybody where nobody is named. */
  z.object({ t: z.literal('ask'), from, of: from.optional() }),
  z.object({ t: z.literal('all'), from, n, part: n, parts: z.int().min(1), people }),
]);
export type Tiding = z.output<typeof Tiding>;
export type TidingOf<T extends Tiding['t']> = Extract<Tiding, { t: T }>;

export const readTiding = (data: Uint8Array): Tiding | undefined => understood(Tiding, data);

/** A name is some 40 bytes, and a message of the bus ends at a megabyte. */
const NAMES_PER_PIECE = 5_000;

type Attended = Iterable<readonly [topic: string, people: Iterable<string>]>;

/** In pieces that the bus carries; at least one, though it be empty. */
export function inPieces(attended: Attended): Record<string, string[]>[] {
  let piece: Record<string, string[]> = {};
  const pieces = [piece];
  let names = 0;
  for (const [topic, present] of attended)
    for (const personId of present) {
      if (++names % NAMES_PER_PIECE === 0) pieces.push((piece = {}));
      (piece[topic] ??= []).push(personId);
    }
  return pieces;
}
