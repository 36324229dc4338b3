import { SENT_AWAY_MS } from './presence.ts';
import type { Roll } from './roll.ts';
import type { Tiding, TidingOf } from './tidings.ts';

export const SILENT_MS = 6_000;
const ASKED_APART_MS = 1_000;

/** One of the other gateways, and who is with it as far as it was told. */
class Neighbour {
  readonly people = new Map<string, Set<string>>();
  size = 0;
  /** The last change that is known; undefined until everything was told once. */
  known: number | undefined;
  gathered: TidingOf<'all'>[] = [];
  askedAt = Number.NEGATIVE_INFINITY;
  goneAt: number | undefined;

  constructor(public heardAt: number) {}
}

/**
 * Who is at the other gateways. One that falls silent takes its people with it; one that says good-bye leaves them the time for
 * which it sent them away. Whoever is at another gateway by then is there alone: giving the topic up is leaving, there too.
 */
export class Neighbours {
  private readonly all = new Map<string, Neighbour>();
  private lookedAt: number;

  constructor(
    private readonly roll: Roll,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.lookedAt = now();
  }

  get ids(): readonly string[] {
    return [...this.all].flatMap(([id, { goneAt }]) => (goneAt === undefined ? [id] : []));
  }

  /** Answers the gateway that is to be asked for everything, when something of it was missed. */
  hear(tiding: Tiding): string | undefined {
    const neighbour = this.all.get(tiding.from) ?? new Neighbour(this.now());
    this.all.set(tiding.from, neighbour);
    neighbour.heardAt = this.now();
    if (tiding.t === 'bye') this.saidGoodBye(neighbour);
    else if (tiding.t === 'all') this.replace(neighbour, tiding);
    else if (tiding.t === 'changed' && neighbour.known === tiding.n - 1) this.change(neighbour, tiding);
    return this.lacksSomething(neighbour, tiding) ? tiding.from : undefined;
  }

  /** To be called often: time passes by itself. */
  look(everyMs: number): void {
    const now = this.now();
    // Who slept has heard nobody, and that says nothing of the others.
    const slept = now - this.lookedAt - everyMs;
    this.lookedAt = now;
    for (const [id, neighbour] of this.all) {
      if (slept > everyMs) neighbour.heardAt += slept;
      const isGone = neighbour.goneAt === undefined ? now - neighbour.heardAt >= SILENT_MS : now - neighbour.goneAt >= SENT_AWAY_MS;
      if (!isGone) continue;
      this.all.delete(id);
      for (const [topic, people] of neighbour.people) for (const personId of people) this.roll.remove(topic, personId);
    }
  }

  /** Is at this gateway or another: those that have gone need not keep their place any longer. */
  cameBack(topic: string, personId: string): void {
    for (const neighbour of this.all.values()) if (neighbour.goneAt !== undefined) this.went(neighbour, topic, personId);
  }

  private saidGoodBye(neighbour: Neighbour): void {
    neighbour.goneAt ??= this.now();
    for (const [topic, people] of neighbour.people)
      for (const personId of people) if (this.roll.hasTwice(topic, personId)) this.went(neighbour, topic, personId);
  }

  private lacksSomething(neighbour: Neighbour, tiding: Tiding): boolean {
    if (tiding.t !== 'changed' && tiding.t !== 'beat') return false;
    const isComplete = neighbour.known === tiding.n && (tiding.t === 'changed' || neighbour.size === tiding.size);
    if (isComplete || this.now() - neighbour.askedAt < ASKED_APART_MS) return false;
    neighbour.askedAt = this.now();
    return true;
  }

  private change(neighbour: Neighbour, { n, came, went }: TidingOf<'changed'>): void {
    neighbour.known = n;
    for (const [topic, people] of Object.entries(came)) for (const personId of people) this.came(neighbour, topic, personId);
    for (const [topic, people] of Object.entries(went)) for (const personId of people) this.went(neighbour, topic, personId);
  }

  /** The pieces come one after the other: a first one begins anew. */
  private replace(neighbour: Neighbour, piece: TidingOf<'all'>): void {
    if (neighbour.known !== undefined && piece.n < neighbour.known) return;
    if (piece.part === 0) neighbour.gathered = [];
    if (piece.part !== neighbour.gathered.length) return;
    neighbour.gathered.push(piece);
    if (neighbour.gathered.length < piece.parts) return;
    const told = new Map<string, Set<string>>();
    for (const { people } of neighbour.gathered.splice(0))
      for (const [topic, present] of Object.entries(people)) told.set(topic, new Set([...(told.get(topic) ?? []), ...present]));
    for (const [topic, present] of told) for (const personId of present) this.came(neighbour, topic, personId);
    for (const [topic, present] of neighbour.people)
      for (const personId of present) if (!told.get(topic)?.has(personId)) this.went(neighbour, topic, personId);
    neighbour.known = piece.n;
  }

  private came(neighbour: Neighbour, topic: string, personId: string): void {
    const people = neighbour.people.get(topic) ?? new Set<string>();
    neighbour.people.set(topic, people);
    if (people.has(personId)) return;
    people.add(personId);
    neighbour.size++;
    this.roll.add(topic, personId);
    if (neighbour.goneAt === undefined) this.cameBack(topic, personId);
  }

  private went(neighbour: Neighbour, topic: string, personId: string): void {
    const people = neighbour.people.get(topic);
    if (!people?.delete(personId)) return;
    if (people.size === 0) neighbour.people.delete(topic);
    neighbour.size--;
    this.roll.remove(topic, personId);
  }
}
