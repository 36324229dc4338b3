import type { Cursors } from '@mela/bus';
import { isForNow, isRefusal, topic as topicOf } from '@mela/contracts';
import type { ToldFrames } from '../events/told-frames.ts';
import type { RecentEvents } from '../history/recent-events.ts';
import { hearsOwn, type Connection } from '../socket/connection.ts';
import type { Channels } from '../topics/channels.ts';
import type { Subscription } from '../topics/subscription.ts';
import type { Subscriptions, Tail } from '../topics/subscriptions.ts';
import { Feed } from './feed.ts';

interface Parts {
  readonly recent: RecentEvents;
  readonly frames: ToldFrames;
  readonly channels: Channels;
  readonly subscriptions: Subscriptions;
  readonly cursors: Cursors;
  readonly tail: Pick<Tail, 'position'>;
}

interface Wish {
  readonly topics: readonly string[];
  readonly since?: string | undefined;
}

/** A topic that was granted. `to` as in the frame `subd`. */
interface Heard {
  readonly topic: string;
  readonly recovered: boolean;
  readonly to: string;
}

interface Granted {
  readonly subscription: Subscription;
  readonly from: number;
  readonly recovered: boolean;
}

export interface OpenFeed {
  /** The client's cursor could be gone on from; of some topics the right may have begun later. */
  readonly recovered: boolean;
  /** The rest was refused, and the client told so. */
  readonly heard: readonly Heard[];
  /** The cursor to go on from, after what was told so far. */
  readonly next: () => string;
  /** Tells what happened since and goes on with what happens; calls back once, between the two. */
  begin(caughtUp?: (topics: readonly string[]) => void): void;
  /** Tells what was not told yet of this turn. */
  finish(): void;
}

/** For clients that cannot ask for one topic after the other: all are asked for at once, and followed from one place. */
export class Feeds {
  private toldUntil = 0;

  constructor(private readonly parts: Parts) {}

  /** An event is about to be told, the first of this turn: whoever has caught up has been told all before it. */
  stirred(): void {
    this.toldUntil = this.parts.tail.position.seq - 1;
  }

  /** What is heard from now on comes after this place. */
  beginAfter(seq: number): void {
    this.toldUntil = seq;
  }

  async open(connection: Connection, { topics, since }: Wish): Promise<OpenFeed> {
    const { subscriptions, tail } = this.parts;
    const own = hearsOwn(connection.session!) ? [topicOf.person(connection.session!.personId)] : [];
    const registered = [...new Set([...own, ...topics])].map((topic) => subscriptions.register(connection, topic));
    const start = tail.position.seq;
    const entitled = await Promise.all(
      registered.map(async (subscription) => ({
        subscription,
        answer: own.some((topic) => topic === subscription.topic) ? subscriptions.entitledToOwn(subscription) : await subscriptions.entitled(subscription),
      })),
    );
    const cursor = await subscriptions.recoverable(since);
    const granted: Granted[] = [];
    for (const { subscription, answer } of entitled)
      if (isRefusal(answer)) subscriptions.refuse(subscription, answer);
      else if (!subscription.ended) {
        const recovered = subscriptions.startFrom(subscription, answer.from, { since, cursor });
        granted.push({ subscription, from: answer.from, recovered });
      }
    // What happens until its owner is back would be passed over.
    if (entitled.some(({ answer }) => isRefusal(answer) && isForNow(answer))) connection.keepPlace();
    return this.feed(connection, granted, { recovered: cursor !== undefined, at: cursor?.seq ?? start });
  }

  private feed(connection: Connection, granted: readonly Granted[], { recovered, at }: { recovered: boolean; at: number }): OpenFeed {
    const { recent, frames, channels, subscriptions, cursors, tail } = this.parts;
    const sign = (seq: number) => cursors.sign({ epoch: tail.position.epoch, seq });
    let caughtUp: (topics: readonly string[]) => void = () => undefined;
    const feed = new Feed({ recent, frames, end: () => tail.position.seq, toldUntil: () => (channels.isQuiet ? tail.position.seq : this.toldUntil) }, connection, at, () => {
      const lasting = granted.map(({ subscription }) => subscription).filter(({ ended }) => !ended);
      for (const subscription of lasting) subscriptions.goesLive(subscription);
      caughtUp(lasting.map(({ topic }) => topic));
    });
    for (const { subscription, from } of granted) {
      subscription.feed = feed;
      feed.add(subscription.topic, from);
    }
    return {
      recovered,
      heard: granted.map(({ subscription: { topic }, from, recovered: whole }) => ({ topic, recovered: whole, to: sign(Math.max(at, from, whole ? tail.position.seq : 0)) })),
      next: () => sign(feed.place),
      begin: (then) => {
        caughtUp = then ?? caughtUp;
        feed.tell();
      },
      finish: () => feed.tell(),
    };
  }
}
