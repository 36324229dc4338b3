import type { Cursors, Position } from '@mela/bus';
import { Broken, isRefusal, topic as topicOf, type Refusal } from '@mela/contracts';
import type { Logger } from 'pino';
import { ConnectFirst, TooManyTopics, Unsubscribed } from '../protocol/faults.ts';
import { live, subscribed, unsubscribed, type AnswerTo } from '../protocol/outgoing.ts';
import type { Connection } from '../socket/connection.ts';
import type { Grants } from './grants.ts';
import { Subscription } from './subscription.ts';
import type { Topics } from './topics.ts';

interface Parts {
  readonly topics: Topics;
  readonly grants: Grants;
  readonly cursors: Cursors;
  readonly position: () => Position;
  readonly limits: { readonly maxTopics: number; readonly maxHeld: number };
  readonly log: Logger;
}

/** What connections listen to: asked for, granted, given up. */
export class Subscriptions {
  constructor(private readonly parts: Parts) {}

  /** What concerns a person is heard by all their connections. The token itself is the right to it. */
  hearOwn(connection: Connection, personId: string): void {
    this.open(this.register(connection, topicOf.person(personId)), undefined);
  }

  async subscribe(connection: Connection, topic: string, i: AnswerTo): Promise<void> {
    if (!connection.session) return connection.refuse(i, ConnectFirst(), topic);
    const existing = connection.subscriptions.get(topic);
    if (existing) return this.answerAgain(existing, i);
    if (connection.subscriptions.size >= this.parts.limits.maxTopics) return connection.refuse(i, TooManyTopics(), topic);

    const subscription = this.register(connection, topic);
    subscription.granted = this.ask(subscription, connection.session.token);
    const refusal = await subscription.granted;
    if (refusal) {
      this.end(subscription);
      connection.refuse(i, refusal, topic);
    } else this.open(subscription, i);
  }

  unsubscribe(connection: Connection, topic: string, i: AnswerTo): void {
    if (!connection.session) return connection.refuse(i, ConnectFirst(), topic);
    const subscription = connection.subscriptions.get(topic);
    if (subscription) this.end(subscription);
    connection.send(unsubscribed(i, topic));
  }

  endAll(connection: Connection): void {
    for (const subscription of connection.subscriptions.values()) this.end(subscription);
  }

  /** Heard from here on, though nothing is said yet: only then is the owner asked. */
  private register(connection: Connection, topic: string): Subscription {
    const subscription = new Subscription(connection, topic, this.parts.position(), this.parts.limits.maxHeld);
    connection.subscriptions.set(topic, subscription);
    this.parts.topics.add(subscription);
    return subscription;
  }

  private async ask(subscription: Subscription, token: string): Promise<Refusal | undefined> {
    try {
      const answer = await this.parts.grants.ask(subscription.topic, token);
      if (isRefusal(answer)) return answer;
    } catch (error) {
      this.parts.log.error({ err: error, topic: subscription.topic }, 'asking for a topic failed');
      return Broken();
    }
    return isCurrent(subscription) ? undefined : Unsubscribed();
  }

  private open(subscription: Subscription, i: AnswerTo): void {
    subscription.open(subscribed(i, subscription.topic, this.parts.cursors.sign(subscription.from)), live(subscription.topic));
  }

  /** Everything up to here was delivered on this connection already. */
  private async answerAgain(subscription: Subscription, i: AnswerTo): Promise<void> {
    const { connection, topic } = subscription;
    const refusal = await subscription.granted;
    if (refusal) connection.refuse(i, refusal, topic);
    else connection.send(subscribed(i, topic, this.parts.cursors.sign(this.parts.position())), live(topic));
  }

  private end(subscription: Subscription): void {
    this.parts.topics.delete(subscription);
    if (isCurrent(subscription)) subscription.connection.subscriptions.delete(subscription.topic);
  }
}

const isCurrent = (subscription: Subscription): boolean => subscription.connection.subscriptions.get(subscription.topic) === subscription;
