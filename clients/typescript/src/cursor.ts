/** A place in the server's log: opaque, but for its order among those of the same epoch. */
export type Cursor = string;

interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** Whether what happened at one place was told already to whoever was told until another. */
export function isToldAt(at: Cursor, until: Cursor): boolean {
  const [place, limit] = [placeOf(at), placeOf(until)];
  return place.epoch === limit.epoch && place.seq <= limit.seq;
}

/** The place from which nothing is missed by any of those who are at these. Places of two epochs have none in common. */
export function earliest(cursors: readonly Cursor[]): Cursor | undefined {
  const [first, ...others] = cursors;
  if (first === undefined || others.some((other) => placeOf(other).epoch !== placeOf(first).epoch)) return undefined;
  return others.reduce((least, other) => (isToldAt(other, least) ? other : least), first);
}

function placeOf(cursor: Cursor): Place {
  const [epoch = '', seq = ''] = cursor.split(':');
  return { epoch, seq: Number(seq) };
}
