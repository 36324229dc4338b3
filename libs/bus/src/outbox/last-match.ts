/** Where an event was put into the stream, as its outbox remembers it. */
export interface Place {
  readonly shard: number;
  readonly seq: number;
  readonly eventId: string;
}

export interface History {
  /** Those above `from` and up to `to`, the highest first, at most `PAGE_ROWS` of them. */
  places(shards: readonly number[], from: number, to: number): Promise<readonly Place[]>;
  /** Whether anything is remembered so far down, of whatever shard. */
  anyUpTo(seq: number): Promise<boolean>;
}

export const PAGE_ROWS = 50_000;
/** Of sequences. Wider ones are for the stretches in which others sent. */
const WINDOW = { first: 4_096, widest: 1_000_000 };

/**
 * The last place of each shard that still holds its event. What a stream has lost is always its end, so within a shard
 * all places up to some one match and none above it do: pages from the top down, each judged by its lowest row, and then
 * halves. Shards that are not in the answer have no such place. It goes no further down than the history, which remembers a
 * day of a stream that may be years old.
 */
export async function lastMatches(shards: readonly number[], top: number, history: History, matches: (place: Place) => Promise<boolean>): Promise<Map<number, Place>> {
  const found = new Map<number, Place>();
  const open = new Set(shards);
  let window = WINDOW.first;
  for (let to = top; to > 0 && open.size > 0; ) {
    const from = Math.max(0, to - window);
    const page = await history.places([...open], from, to);
    if (page.length === 0 && !(await history.anyUpTo(from))) break;
    await Promise.all(
      [...open].map(async (shard) => {
        const places = page.filter((place) => place.shard === shard).reverse();
        if (!places[0] || !(await matches(places[0]))) return;
        found.set(shard, await lastOf(places, matches));
        open.delete(shard);
      }),
    );
    const full = page.length === PAGE_ROWS;
    window = full ? to - page.at(-1)!.seq + 1 : Math.min(window * 2, WINDOW.widest);
    to = full ? page.at(-1)!.seq - 1 : from;
  }
  return found;
}

/** Of places in rising order, the first of which matches. */
async function lastOf(places: readonly Place[], matches: (place: Place) => Promise<boolean>): Promise<Place> {
  let [match, beyond] = [0, places.length];
  while (beyond - match > 1) {
    const middle = (match + beyond) >>> 1;
    if (await matches(places[middle]!)) match = middle;
    else beyond = middle;
  }
  return places[match]!;
}
