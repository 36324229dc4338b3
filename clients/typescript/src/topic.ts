import { isToldAt, type Cursor } from './cursor.ts';
import type { Frame, Presence, RealtimeEvent } from './frames.ts';

/** What is to be done with a topic's news. */
export interface Listener {
  event(event: RealtimeEvent): void;
  /** What is on the screen may be old: read the state anew. Also called once at the beginning. */
  resync(): void;
  /** The topic may not be heard (any more), and why. */
  refused?(code: string): void;
  /** Who else is there. Only a WebSocket tells. */
  presence?(presence: Presence): void;
}

/** A listener that throws is its owner's business, and no other's: the rest is told all the same. */
function aside(work: () => void): void {
  try {
    work();
  } catch (fault) {
    queueMicrotask(() => {
      throw fault;
    });
  }
}

type Told<T extends Frame['t']> = Extract<Frame, { t: T }>;

/** One topic: where it is, and who listens. What was told before, on whatever connection, is not told again. */
export class Topic {
  readonly listeners = new Set<Listener>();
  /** Who is there, as it is told: for whoever begins to listen later. */
  private there: Presence | undefined;
  cursor: Cursor | undefined;
  /** The gateway said no: it is not asked again until somebody new listens. */
  refused: string | undefined;
  /** While there is one it is not asked for: it could not be had right now. */
  pause: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly name: string) {}

  get wantsPresence(): boolean {
    return [...this.listeners].some(({ presence }) => presence !== undefined);
  }

  add(listener: Listener): void {
    this.listeners.add(listener);
    // What is read now is from after the place where this topic is.
    const { cursor, there } = this;
    if (cursor !== undefined) aside(() => listener.resync());
    if (there) aside(() => listener.presence?.(there));
  }

  subscribed({ recovered, to }: Pick<Told<'subd'>, 'recovered' | 'to'>): void {
    const goesOn = recovered && this.cursor !== undefined;
    clearTimeout(this.pause);
    this.pause = undefined;
    if (goesOn) return;
    // Whatever comes from before this place is part of the state that is read now.
    this.cursor = to;
    for (const listener of this.listeners) aside(() => listener.resync());
  }

  hear({ topic, c, id, type, d }: Told<'ev'>): void {
    // Before it has begun, what comes is of a line on which it had been given up: it is part of the state that is read then.
    if (this.cursor === undefined || isToldAt(c, this.cursor)) return;
    this.cursor = c;
    for (const listener of this.listeners) aside(() => listener.event({ topic, id, type, data: d, cursor: c }));
  }

  /** Everything until there was told. */
  reached(cursor: Cursor): void {
    if (this.cursor !== undefined && !isToldAt(cursor, this.cursor)) this.cursor = cursor;
  }

  refuse(code: string): void {
    this.refused = code;
    this.cursor = undefined;
    this.forgetPresence();
    for (const listener of this.listeners) aside(() => listener.refused?.(code));
  }

  /** Nobody tells any more who comes and goes: what is known of it is soon wrong. */
  forgetPresence(): void {
    this.there = undefined;
  }

  tellPresence({ v, join, leave, count, snapshot }: Told<'pres'>): void {
    const presence = { v, join, leave, ...(count === undefined ? {} : { count }), ...(snapshot === undefined ? {} : { snapshot }) };
    const before = snapshot ? [] : (this.there?.join ?? []);
    const present = new Set([...before, ...join].filter((personId) => !leave.includes(personId)));
    this.there = { ...presence, join: [...present], leave: [], snapshot: true };
    for (const listener of this.listeners) aside(() => listener.presence?.(presence));
  }
}
