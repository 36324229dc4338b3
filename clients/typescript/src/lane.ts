import { notBefore, type Ending } from './ending.ts';
import type { Frame, TopicFrame } from './frames.ts';
import type { Hears, Link } from './links/link.ts';
import type { Topics } from './topics.ts';

interface Owner {
  /** The gateway let us in. */
  ready(): void;
  /** Every topic is live on it: whatever came before it is not needed any more. */
  caughtUp(): void;
  said(frame: Frame): void;
  /** The token ends soon. */
  expiring(): void;
  ended(why: Ending): void;
}

interface Patience {
  readonly openWithinMs: number;
  /** Beyond the time in which a sign of life is due. */
  readonly slackMs: number;
}

const PINGS_MISSED = 1.5;

/** One connection from its beginning to its end, with an eye on whether anybody is still at its other end. */
export class Lane implements Hears {
  isReady = false;
  isOver = false;
  /** Within which to come back when it breaks off, as the gateway said. */
  retryJitter = 0;
  private link: Link | undefined;
  /** Topics that are live on it, or refused. */
  private readonly settled = new Set<string>();
  private isCaughtUp = false;
  private tellsPresence = false;
  /** By topic: until where it was told once it is live. */
  private readonly heard = new Map<string, string>();
  private ping = 0;
  private due: number;
  private timer: ReturnType<typeof setTimeout>;

  constructor(
    private readonly topics: Topics,
    private readonly patience: Patience,
    private readonly owner: Owner,
  ) {
    this.due = Date.now() + patience.openWithinMs;
    this.timer = setTimeout(() => this.look(), patience.openWithinMs);
  }

  follow(link: Link): this {
    this.link = link;
    return this;
  }

  changed(): boolean {
    return this.link!.changed();
  }

  refresh(token: string): boolean {
    return this.link!.refresh(token);
  }

  /** Whoever is there has to show it now. */
  probe(): void {
    if (!this.link!.probe()) return;
    this.due = Math.min(this.due, Date.now() + this.patience.slackMs);
    this.look();
  }

  close(): void {
    this.finish();
    this.link!.close();
  }

  frame(frame: Frame): void {
    if (this.isOver) return;
    this.owner.said(frame);
    if (frame.t === 'connected') this.begin(frame);
    else if (frame.t === 'authexp') this.owner.expiring();
    else if (frame.t === 'err' && frame.topic === undefined) this.refused(frame);
    else if ('topic' in frame) this.tell(frame as TopicFrame);
    this.settle();
  }

  reached(cursor: string): void {
    if (this.isOver) return;
    for (const topic of this.heard.keys()) this.topics.reached(topic, cursor);
    this.settle();
  }

  alive(): void {
    if (this.isReady) this.due = Date.now() + this.ping * PINGS_MISSED + this.patience.slackMs;
  }

  ended(why: Ending): void {
    if (this.isOver) return;
    this.finish();
    this.owner.ended(why);
  }

  private finish(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    if (this.tellsPresence) this.topics.forgetPresence();
  }

  private begin({ ping, retryJitter = 0 }: Extract<Frame, { readonly t: 'connected' }>): void {
    this.isReady = true;
    this.ping = ping;
    this.retryJitter = retryJitter;
    this.alive();
    this.look();
    this.owner.ready();
  }

  private tell(frame: TopicFrame): void {
    if (frame.t === 'pres') this.tellsPresence = true;
    this.topics.hear(frame);
    if (frame.t === 'subd') this.heard.set(frame.topic, frame.to);
    if (frame.t === 'live') this.topics.reached(frame.topic, this.heard.get(frame.topic) ?? '');
    if (frame.t === 'unsub' || frame.t === 'err') this.heard.delete(frame.topic);
    if (frame.t === 'live' || frame.t === 'unsub' || frame.t === 'err') this.settled.add(frame.topic);
  }

  private settle(): void {
    if (this.isCaughtUp || this.isOver || !this.isReady || !this.topics.wanted().every(({ topic }) => this.settled.has(topic))) return;
    this.isCaughtUp = true;
    this.owner.caughtUp();
  }

  /** Said before the gateway let us in, it is the end; later it is about a token that was shown anew. */
  private refused({ code, after }: Extract<Frame, { readonly t: 'err' }>): void {
    if (this.isReady) return;
    this.close();
    this.owner.ended({ problem: code, ...(after === undefined ? {} : { after: notBefore(after) }) });
  }

  private look(): void {
    clearTimeout(this.timer);
    const left = this.due - Date.now();
    if (left > 0) this.timer = setTimeout(() => this.look(), left);
    else {
      this.close();
      this.owner.ended({});
    }
  }
}
