import { closing } from '../protocol/close-codes.ts';
import { SPREAD_MS } from '../protocol/outgoing.ts';
import { Wheel } from '../socket/wheel.ts';
import type { HowEnded, Subscription } from '../topics/subscription.ts';
import { Roll } from './roll.ts';
import { Room } from './room.ts';

/** A person on a topic at this gateway, with however many screens. */
class Attendance {
  screens = 0;

  constructor(
    readonly topic: string,
    readonly personId: string,
  ) {}
}

/** Whose connection broke is given time to come back before they are said to have left. */
export const GRACE_MS = 2_000;
/** Whom a gateway that stops told to come back at a moment of their own has until the last of these, and that time besides. */
export const SENT_AWAY_MS = SPREAD_MS + GRACE_MS;
const TICK_MS = 50;

interface Parts {
  /** Somebody came to this gateway who was not here, or has left it. */
  readonly tellOthers: (topic: string, personId: string, isHere: boolean) => void;
  readonly now?: () => number;
}

/**
 * Who is there. Whoever listens for it takes part in it, but for an admin who looks through a person's eyes; a topic nobody asks this
 * of costs nothing.
 */
export class Presence {
  /** Here and at the other gateways. */
  readonly roll = new Roll((topic, personId) => this.rooms.get(topic)?.note(personId));
  /** Everybody at this gateway, counted once on each topic. */
  size = 0;
  private readonly here = new Map<string, Map<string, Attendance>>();
  private readonly rooms = new Map<string, Room>();
  private readonly wheel: Wheel<Attendance | Room>;
  private readonly now: () => number;

  constructor(private readonly parts: Parts) {
    this.now = parts.now ?? (() => performance.now());
    this.wheel = new Wheel(TICK_MS, (due) => (due instanceof Room ? due.tell() : this.leftIfAlone(due)), this.now);
  }

  /** Everybody at this gateway, by topic. */
  *attended(): Generator<readonly [topic: string, people: Iterable<string>]> {
    for (const [topic, people] of this.here) yield [topic, people.keys()];
  }

  /** Takes part from now on, and is told who is there; whoever does already is told once more. */
  join(subscription: Subscription): void {
    if (subscription.ended) return;
    const { topic } = subscription;
    if (attends(subscription) && !this.rooms.get(topic)?.has(subscription)) this.attend(topic, subscription.connection.session!.personId);
    const room = this.rooms.get(topic) ?? new Room(topic, { roll: this.roll, later: (due, inMs) => this.wheel.set(due, inMs), now: this.now });
    this.rooms.set(topic, room);
    room.enter(subscription);
  }

  leave(subscription: Subscription, how: HowEnded): void {
    const { topic } = subscription;
    const room = this.rooms.get(topic);
    if (!room?.leave(subscription)) return;
    if (room.isEmpty) {
      this.rooms.delete(topic);
      this.wheel.delete(room);
    }
    if (!attends(subscription)) return;
    const attendance = this.here.get(topic)!.get(subscription.connection.session!.personId)!;
    if (--attendance.screens > 0) return;
    if (how === 'gone') this.wheel.set(attendance, subscription.connection.endedWith === closing.drain.code ? SENT_AWAY_MS : GRACE_MS);
    else this.leftIfAlone(attendance);
  }

  /** What a tick of the clock brings; by itself it comes often enough. */
  turn(): void {
    this.wheel.turn();
  }

  stop(): void {
    this.wheel.stop();
  }

  private attend(topic: string, personId: string): void {
    const people = this.here.get(topic) ?? new Map<string, Attendance>();
    this.here.set(topic, people);
    const known = people.get(personId);
    const attendance = known ?? new Attendance(topic, personId);
    attendance.screens++;
    this.wheel.delete(attendance);
    if (known) return;
    people.set(personId, attendance);
    this.size++;
    this.roll.add(topic, personId);
    this.parts.tellOthers(topic, personId, true);
  }

  private leftIfAlone({ topic, personId, screens }: Attendance): void {
    if (screens > 0) return;
    const people = this.here.get(topic)!;
    people.delete(personId);
    this.size--;
    if (people.size === 0) this.here.delete(topic);
    this.roll.remove(topic, personId);
    this.parts.tellOthers(topic, personId, false);
  }
}

/** The person is no more there for being looked at. */
const attends = ({ connection }: Subscription): boolean => connection.session!.impersonator === undefined;
