import type { Frame, TopicFrame } from './frames.ts';
import type { Wanted } from './links/link.ts';
import { Topic, type Listener } from './topic.ts';

const PAUSE_MS = 5_000;

/** Everything that is listened to, whatever it is heard through. */
export class Topics {
  private readonly all = new Map<string, Topic>();

  constructor(
    private readonly random: () => number,
    /** A topic that could not be had may be asked for again. */
    private readonly resumed: () => void,
  ) {}

  /** True when the gateway is to be asked for it. */
  add(name: string, listener: Listener): boolean {
    const known = this.all.get(name);
    const topic = known ?? new Topic(name);
    const asks = known === undefined || known.refused !== undefined || (listener.presence !== undefined && !known.wantsPresence);
    topic.refused = undefined;
    this.all.set(name, topic);
    topic.add(listener);
    return asks;
  }

  /** True when nobody listens to it any more. */
  remove(name: string, listener: Listener): boolean {
    const topic = this.all.get(name);
    if (!topic?.listeners.delete(listener) || topic.listeners.size > 0) return false;
    return this.all.delete(name);
  }

  wanted(): readonly Wanted[] {
    return [...this.all.values()]
      .filter(({ refused, pause }) => refused === undefined && pause === undefined)
      .map(({ name, cursor, wantsPresence }) => ({ topic: name, since: cursor, presence: wantsPresence }));
  }

  hear(frame: TopicFrame): void {
    const topic = this.all.get(frame.topic);
    if (!topic) return;
    if (frame.t === 'subd') topic.subscribed(frame);
    else if (frame.t === 'ev') topic.hear(frame);
    else if (frame.t === 'pres') topic.tellPresence(frame);
    else if (frame.t === 'unsub' && frame.code !== undefined) topic.refuse(frame.code);
    else if (frame.t === 'err') this.couldNotBeHad(topic, frame);
  }

  reached(name: string, cursor: string): void {
    this.all.get(name)?.reached(cursor);
  }

  /** The connection is over that told it. */
  forgetPresence(): void {
    for (const topic of this.all.values()) topic.forgetPresence();
  }

  private couldNotBeHad(topic: Topic, { retry, code, after = this.random() * PAUSE_MS }: Extract<Frame, { t: 'err' }>): void {
    if (!retry) return topic.refuse(code);
    clearTimeout(topic.pause);
    topic.pause = setTimeout(() => {
      topic.pause = undefined;
      this.resumed();
    }, after);
  }
}
