import { reach, type Cursors, type Position } from '@mela/bus';
import { Broken, isRefusal, MayNotHear, topic as topicOf, Unavailable, type Refusal, type Right } from '@mela/contracts';
import type { Logger } from 'pino';
import type { Replays } from '../history/replays.ts';
import type { Questions } from '../limits/questions.ts';
import type { Presence } from '../presence/presence.ts';
import { closing } from '../protocol/close-codes.ts';
import { ConnectFirst, TooManyTopics, TopicsTooFast, Unsubscribed } from '../protocol/faults.ts';
import { err, live, subscribed, unsubscribed, type AnswerTo } from '../protocol/outgoing.ts';
import { toldOf, type Connection } from '../socket/connection.ts';
import type { Connections } from '../socket/connections.ts';
import type { Journal } from '../why/journal.ts';
import type { Channels } from './channels.ts';
import type { Entitlement, Entitlements } from './entitlements.ts';
import { Subscription, type HowEnded } from './subscription.ts';

/** Where the stream is, as far as this gateway has heard it. */
export interface Tail {
  readonly position: Position;
  /** Whether it gets there within a moment: false when the stream has no such place. */
  reaches(position: Position): Promise<boolean>;
}

interface Parts {
  readonly channels: Channels;
  readonly connections: Connections;
  readonly entitlements: Entitlements;
  readonly questions: Questions;
  readonly replays: Replays;
  readonly presence: Presence;
  readonly journal: Journal;
  readonly cursors: Cursors;
  readonly tail: Tail;
  readonly limits: { readonly maxTopics: number };
  readonly log: Logger;
}

interface Wish {
  readonly since?: string | undefined;
  /** To be one of those who are there, and to be told who is. */
  readonly presence?: true | undefined;
}

const ASKED_AT_MOST = 5;

/** What connections listen to: asked for, granted, caught up with, given up, taken away. */
export class Subscriptions {
  constructor(private readonly parts: Parts) {}

  /** What concerns a person is heard by all their connections. */
  async hearOwn(connection: Connection, personId: string, since: string | undefined): Promise<void> {
    const subscription = this.register(connection, topicOf.person(personId));
    await this.begin(subscription, this.entitledToOwn(subscription), undefined, since);
  }

  async subscribe(connection: Connection, topic: string, i: AnswerTo, { since, presence }: Wish = {}): Promise<void> {
    if (!connection.session) return connection.refuse(i, ConnectFirst(), topic);
    const existing = connection.subscriptions.get(topic);
    if (existing) return this.answerAgain(existing, i, presence);
    if (connection.subscriptions.size >= this.parts.limits.maxTopics) return connection.refuse(i, TooManyTopics(), topic);
    const after = this.parts.questions.take(connection.session.personId);
    if (after > 0) return connection.send(err(i, TopicsTooFast.frame(), { topic, after }));

    const subscription = this.register(connection, topic);
    subscription.takesPart = presence === true;
    const answer = await this.entitled(subscription);
    if (isRefusal(answer)) this.refuse(subscription, answer, i);
    else await this.begin(subscription, answer, i, since);
  }

  unsubscribe(connection: Connection, topic: string, i: AnswerTo): void {
    if (!connection.session) return connection.refuse(i, ConnectFirst(), topic);
    const subscription = connection.subscriptions.get(topic);
    if (subscription) this.end(subscription, 'unwanted');
    reach('realtime.unsubscribing');
    connection.send(unsubscribed(i, topic));
  }

  endAll(connection: Connection): void {
    for (const subscription of connection.subscriptions.values()) this.end(subscription, 'gone');
  }

  /** Ends whatever rests on the right, on every open connection of the person, whatever its topic. */
  revoke({ personId, scope }: Right): void {
    for (const connection of this.parts.connections.of(personId)) {
      const subscriptions = [...connection.subscriptions.values()];
      for (const subscription of subscriptions)
        if (subscription.scope === undefined) subscription.doubted = true;
        else if (subscription.scope === scope) {
          this.end(subscription, 'revoked');
          connection.send(unsubscribed(undefined, subscription.topic, MayNotHear.code));
        }
      // The right may begin again, and its beginning is compared with the place that the client comes back with.
      if (subscriptions.some(({ ended, scope: lost }) => ended && lost === scope)) connection.keepPlace();
    }
  }

  /** From this place on nothing is missed, though nothing is told yet: only then is the owner asked. */
  register(connection: Connection, topic: string): Subscription {
    const subscription = new Subscription(connection, topic, this.parts.tail.position.seq);
    connection.subscriptions.set(topic, subscription);
    this.parts.channels.subscriptions++;
    this.parts.journal.asked(subscription);
    return subscription;
  }

  /** The token itself is the right to it. */
  entitledToOwn(subscription: Subscription): Entitlement {
    subscription.scope = subscription.topic;
    return { scope: subscription.topic, from: 0 };
  }

  refuse(subscription: Subscription, refusal: Refusal, i?: AnswerTo): void {
    const wasGivenUp = subscription.ended;
    this.parts.journal.refused(subscription, refusal);
    this.end(subscription, 'refused', refusal);
    // Without a number it would be taken for what becomes of the topic, which may have been asked for again.
    if (!wasGivenUp || i !== undefined) subscription.connection.refuse(i, refusal, subscription.topic);
  }

  /** The place of a cursor, where everything since could be told. */
  async recoverable(since: string | undefined): Promise<Position | undefined> {
    const { cursors, replays, tail } = this.parts;
    // What is no cursor may have been one, before the secret was changed: there is nothing better to say than for an old one.
    const cursor = since === undefined ? undefined : cursors.open(since);
    return cursor && replays.reachBack(cursor) && (await tail.reaches(cursor)) ? cursor : undefined;
  }

  /**
   * It was granted: where it is told from, and why from there. Answers whether nothing lies between that and the client's cursor:
   * what happened before the right began is left out, and may be seen in the state of now.
   */
  startFrom(subscription: Subscription, rightFrom: number, { since, cursor }: { since: string | undefined; cursor: Position | undefined }): boolean {
    subscription.at = Math.max(cursor?.seq ?? subscription.at, rightFrom);
    const brought = cursor ? 'good' : since ? 'lost' : 'none';
    this.parts.journal.granted(subscription, { from: subscription.at, rightFrom, cursor: brought });
    return cursor !== undefined && !this.parts.replays.leaveOut(subscription.topic, { after: cursor.seq, until: rightFrom });
  }

  /** It was told the past: from now on it hears what happens. */
  goesLive(subscription: Subscription): void {
    this.parts.channels.join(subscription);
    this.parts.journal.caughtUp(subscription);
    subscription.isLive = true;
    subscription.settle();
  }

  async entitled(subscription: Subscription): Promise<Entitlement | Refusal> {
    const { personId } = subscription.connection.session!;
    try {
      for (let asked = 0; asked < ASKED_AT_MOST; asked++) {
        subscription.doubted = false;
        const answer = await this.parts.entitlements.ask(subscription.topic, personId, subscription.connection.session!.token);
        if (isRefusal(answer)) return answer;
        if (subscription.ended) return Unsubscribed();
        if (subscription.doubted) continue;
        subscription.scope = answer.scope;
        return answer;
      }
      return Unavailable('The right to this topic changes faster than it can be asked for');
    } catch (error) {
      this.parts.log.error({ err: error, topic: subscription.topic, ...toldOf(subscription.connection) }, 'asking for a topic failed');
      return Broken();
    }
  }

  private async begin(subscription: Subscription, { scope, from }: Entitlement, i: AnswerTo, since: string | undefined): Promise<void> {
    const { cursors, tail } = this.parts;
    const { connection, topic } = subscription;
    subscription.scope = scope;
    const cursor = await this.recoverable(since);
    if (subscription.endedFor) return this.refuse(subscription, subscription.endedFor, i);
    const recovered = this.startFrom(subscription, from, { since, cursor });
    reach('realtime.granted');
    const to = recovered ? Math.max(tail.position.seq, subscription.at) : subscription.at;
    connection.send(subscribed(i, topic, { recovered, to: cursors.sign({ epoch: tail.position.epoch, seq: to }) }));
    reach('realtime.subscribed');
    if (subscription.takesPart) this.parts.presence.join(subscription);
    this.catchUp(subscription);
  }

  /** In pieces, and no faster than they are read. */
  private catchUp(subscription: Subscription): void {
    const { replays } = this.parts;
    const { connection, topic } = subscription;
    for (;;) {
      if (subscription.ended || !connection.isOpen) return;
      if (!replays.knowAfter(subscription.at)) return connection.close(closing.slow);
      if (!connection.hasRoom) return connection.whenRead(() => this.catchUp(subscription));
      const piece = replays.next(topic, subscription.at);
      if (!piece) break;
      connection.deliver(piece.message);
      subscription.at = piece.seq;
      reach('realtime.replaying');
    }
    reach('realtime.replayed');
    connection.send(live(topic));
    this.goesLive(subscription);
  }

  /** Once it is live, for only then everything up to the place of now was delivered on this connection. */
  private answerAgain(subscription: Subscription, i: AnswerTo, presence: true | undefined): void {
    const { connection, topic } = subscription;
    subscription.onceSettled((refusal) => {
      // Without a number, what the first who asked was told is said to all.
      if (refusal) return i === undefined ? undefined : connection.refuse(i, refusal, topic);
      const to = this.parts.cursors.sign(this.parts.tail.position);
      connection.send(subscribed(i, topic, { recovered: false, to }), live(topic));
      if (!presence) return;
      subscription.takesPart = true;
      this.parts.presence.join(subscription);
    });
  }

  private end(subscription: Subscription, how: HowEnded, refusal = how === 'revoked' ? MayNotHear() : Unsubscribed()): void {
    if (subscription.ended) return;
    subscription.endedFor = refusal;
    this.parts.channels.leave(subscription);
    subscription.feed?.drop(subscription.topic);
    this.parts.presence.leave(subscription, how);
    this.parts.journal.subscriptionEnded(subscription, how);
    this.parts.channels.subscriptions--;
    subscription.connection.subscriptions.delete(subscription.topic);
    subscription.settle(refusal);
  }
}
