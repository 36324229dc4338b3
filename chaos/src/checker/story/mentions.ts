import type { Entry } from '@mela/testkit/chaos';
import { faultId } from '../invariants/recovery.ts';
import { add } from '../groups.ts';

/** Which entries of a history speak of certain ids: read once for all the ids that anybody wants to know about. */
export class Mentions {
  private readonly speaking = new Map<string, Entry[]>();
  private readonly wanted: ReadonlySet<string>;

  constructor(history: readonly Entry[], ids: Iterable<string>) {
    this.wanted = new Set([...ids].flatMap(partsOf));
    for (const entry of history) {
      const found = new Set<string>();
      this.collect(entry.kind === 'struck' ? faultId(entry) : entry.kind === 'died' ? `${entry.role}@${entry.at}` : entry, found);
      for (const id of found) add(this.speaking, id, entry);
    }
  }

  /** An id made of several, such as a membership's, is spoken of where all of them are. */
  of(id: string): readonly Entry[] {
    const [first, ...others] = partsOf(id).map((part) => this.speaking.get(part) ?? []);
    const sets = others.map((entries) => new Set(entries));
    return first!.filter((entry) => sets.every((entries) => entries.has(entry)));
  }

  private collect(value: unknown, found: Set<string>): void {
    if (typeof value === 'string') {
      if (this.wanted.has(value)) found.add(value);
      else if (value.length < 200 && value.includes(':')) for (const part of partsOf(value)) if (this.wanted.has(part)) found.add(part);
    } else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) this.collect(inner, found);
  }
}

const partsOf = (id: string): string[] => id.split(':');
