import type { Refusal } from '@mela/contracts';
import type { Connection } from '../socket/connection.ts';
import type { HowEnded, Subscription } from '../topics/subscription.ts';
import type { Beginning, ConnectionRecord, Moment, SubscriptionRecord } from './records.ts';

interface Parts {
  /** The last place in the stream that was heard. */
  readonly place: () => number;
  /** Of a cursor. */
  readonly placeOf: (cursor: string) => number | undefined;
  readonly ageMs: number;
  /** Connections that have ended and their subscriptions, together. */
  readonly most?: number;
  /** The same of one person. */
  readonly mostOfOne?: number;
  readonly now?: () => number;
}

const MOST_KEPT = 100_000;
/** Whoever polls without a pause, or comes and goes, pushes out nobody's past but their own. */
const MOST_KEPT_OF_ONE = 2_000;
const ENDED_KEPT_PER_CONNECTION = 100;

/** Connections that have ended, the oldest first. */
class Past {
  readonly records = new Set<ConnectionRecord>();
  /** They and their subscriptions, together. */
  weight = 0;

  add(record: ConnectionRecord): void {
    this.records.add(record);
    this.weight += weightOf(record);
  }

  delete(record: ConnectionRecord): void {
    this.records.delete(record);
    this.weight -= weightOf(record);
  }
}

/** What is known of one person. */
class Known {
  /** In the order in which they began. */
  readonly connections = new Set<ConnectionRecord>();
  readonly past = new Past();
  forgottenUntil = 0;
}

/**
 * Who was connected, and what they listened to from which place to which: from that it follows what was delivered, and
 * no delivery has to be noted. Kept for as long as the recent past is.
 */
export class Journal {
  private readonly open = new Map<Connection, ConnectionRecord>();
  /** One topic may have been given up and asked for again while its owner was asked: what comes of the first is not the second's. */
  private readonly recordOf = new WeakMap<Subscription, SubscriptionRecord>();
  private readonly ofPerson = new Map<string, Known>();
  private past = new Past();
  private furthest = 0;
  private turns = 0;
  private forgottenUntil: number;
  private readonly now: () => number;

  constructor(private readonly parts: Parts) {
    this.now = parts.now ?? Date.now;
    this.forgottenUntil = this.now();
  }

  /** All connections that the person had since then are known: epoch milliseconds. */
  since(personId: string): number {
    return Math.max(this.forgottenUntil, this.ofPerson.get(personId)?.forgottenUntil ?? 0, this.now() - this.parts.ageMs);
  }

  connectionsOf(personId: string): readonly ConnectionRecord[] {
    this.forgetOld();
    return [...(this.ofPerson.get(personId)?.connections ?? [])];
  }

  /** What comes next follows upon this place. Where the stream went back, places that were noted mean something else. */
  streamBegins(after: number): void {
    if (after >= this.furthest) return;
    for (const known of [this.open, this.ofPerson]) known.clear();
    this.past = new Past();
    this.furthest = after;
    this.forgottenUntil = this.now();
  }

  began(connection: Connection): void {
    const { personId, impersonator } = connection.session!;
    const began = this.moment();
    const record: ConnectionRecord = { id: connection.id, personId, impersonator, transport: connection.transport, began, heard: began, subscriptions: [], forgottenUntil: 0, connection };
    this.open.set(connection, record);
    const known = this.ofPerson.get(personId) ?? new Known();
    this.ofPerson.set(personId, known);
    known.connections.add(record);
    connection.whenHeard = () => (record.heard = this.moment());
    connection.whenEnding = (unwritten) => this.ending(connection, this.parts.placeOf(unwritten?.frames[0]?.cursor ?? ''));
  }

  ended(connection: Connection): void {
    const record = this.open.get(connection);
    if (!record) return;
    this.ending(connection);
    const { code, clean } = connection.end ?? { code: connection.endedWith ?? LOST, clean: false };
    Object.assign(record.ended!, { code, clean });
    this.open.delete(connection);
    delete record.connection;
    this.keep(record);
    this.forgetOld();
  }

  asked(subscription: Subscription): void {
    const record: SubscriptionRecord = { topic: subscription.topic, asked: this.moment() };
    this.open.get(subscription.connection)?.subscriptions.push(record);
    this.recordOf.set(subscription, record);
  }

  refused(subscription: Subscription, { code }: Refusal): void {
    const record = this.lastingRecordOf(subscription);
    if (record) record.refused = { ...this.moment(), code };
  }

  granted(subscription: Subscription, beginning: Beginning): void {
    const record = this.lastingRecordOf(subscription);
    if (record) record.granted = { ...this.moment(), ...beginning };
  }

  caughtUp(subscription: Subscription): void {
    const record = this.lastingRecordOf(subscription);
    if (record) record.live = this.moment();
  }

  subscriptionEnded(subscription: Subscription, how: HowEnded): void {
    const connection = this.open.get(subscription.connection);
    const record = this.lastingRecordOf(subscription);
    if (!connection || !record) return;
    this.endSubscription(record, subscription, how);
    const ended = connection.subscriptions.filter((one) => one.ended);
    if (ended.length <= ENDED_KEPT_PER_CONNECTION) return;
    connection.subscriptions.splice(connection.subscriptions.indexOf(ended[0]!), 1);
    connection.forgottenUntil = Math.max(connection.forgottenUntil, ended[0]!.ended!.seq);
  }

  /** From here on nothing is written to it, though it may take a while until it is gone. */
  private ending(connection: Connection, firstUnwritten = Number.POSITIVE_INFINITY): void {
    const record = this.open.get(connection);
    if (!record || record.ended) return;
    connection.whenHeard = undefined;
    record.ended = { ...this.moment(), code: connection.endedWith ?? LOST, clean: false, waiting: connection.waiting };
    for (const subscription of connection.subscriptions.values()) {
      const one = this.lastingRecordOf(subscription);
      if (one) this.endSubscription(one, subscription, 'gone', firstUnwritten - 1);
    }
  }

  private endSubscription(record: SubscriptionRecord, { feed, toldUntil }: Subscription, how: HowEnded, lastWritten = Number.POSITIVE_INFINITY): void {
    const moment = this.moment();
    const told = record.live && !feed ? moment.seq : toldUntil;
    record.ended = { ...moment, seq: record.live ? Math.min(told, lastWritten) : told, how };
  }

  private lastingRecordOf(subscription: Subscription): SubscriptionRecord | undefined {
    const record = this.recordOf.get(subscription);
    return record?.ended ? undefined : record;
  }

  private keep(record: ConnectionRecord): void {
    const known = this.ofPerson.get(record.personId)!;
    this.past.add(record);
    known.past.add(record);
    for (const oldest of known.past.records) {
      if (known.past.weight <= (this.parts.mostOfOne ?? MOST_KEPT_OF_ONE) || oldest === record) return;
      this.forget(oldest, known);
      known.forgottenUntil = Math.max(known.forgottenUntil, oldest.ended!.at);
    }
  }

  private forgetOld(): void {
    const oldest = this.now() - this.parts.ageMs;
    for (const record of this.past.records) {
      const { at } = record.ended!;
      if (at >= oldest && this.past.weight <= (this.parts.most ?? MOST_KEPT)) return;
      this.forget(record, this.ofPerson.get(record.personId)!);
      this.forgottenUntil = Math.max(this.forgottenUntil, at);
    }
  }

  private forget(record: ConnectionRecord, known: Known): void {
    this.past.delete(record);
    known.past.delete(record);
    known.connections.delete(record);
    if (known.connections.size === 0) this.ofPerson.delete(record.personId);
  }

  private moment(): Moment {
    const seq = this.parts.place();
    this.furthest = Math.max(this.furthest, seq);
    return { at: this.now(), seq, turn: ++this.turns };
  }
}

/** What a connection is said to have been closed with when nobody closed it. */
const LOST = 1006;

const weightOf = ({ subscriptions }: ConnectionRecord): number => 1 + subscriptions.length;
