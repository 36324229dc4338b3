import { BackOff } from './back-off.ts';
import { nextAfter, type Ending } from './ending.ts';
import type { Frame } from './frames.ts';
import { Lane } from './lane.ts';
import { EventStreamLink } from './links/event-stream-link.ts';
import type { Link, LinkOptions } from './links/link.ts';
import { PollLink } from './links/poll-link.ts';
import { WebSocketLink, type SocketConstructor } from './links/web-socket-link.ts';
import { onWaking } from './waking.ts';
import type { Listener } from './topic.ts';
import { Topics } from './topics.ts';
import { ways as allWays, Ways, type Way } from './ways.ts';

/** `waiting`: for the moment of the next attempt. `stopped`: by the gateway, for good. */
export type State = 'idle' | 'connecting' | 'connected' | 'waiting' | 'stopped';

export interface Options {
  /** `wss://realtime.example/realtime`, or the same with https. */
  readonly url: string;
  /** An access token. `fresh`: the one that was given last is about to end, or was not taken. */
  readonly token: (wish: { fresh: boolean }) => Promise<string>;
  readonly transports?: readonly Way[];
  /** Where the platform has none (Node before 22), or another is wanted. */
  readonly WebSocket?: SocketConstructor;
  readonly fetch?: typeof fetch;
  /** Told of every change. */
  readonly changed?: (state: State, way: Way | undefined) => void;
  /** Everything the gateway says, before anything is made of it: for whoever looks into why something was told, or was not. */
  readonly overheard?: (frame: Frame, on: Overheard) => void;
  readonly timing?: Partial<Timing>;
  readonly random?: () => number;
}

export interface Overheard {
  /** Which of the client's connections, counted from 1: at times there are two. */
  readonly connection: number;
  readonly way: Way;
}

export interface Timing {
  /** Within which a connection stands, or another way is tried. */
  readonly openWithinMs: number;
  /** How late a sign of life may be. */
  readonly slackMs: number;
  /** After which a better way is tried again; doubled each time it fails. */
  readonly climbAfterMs: number;
  /** A connection that lasted so long was a good one: the next failure is the first. */
  readonly goodAfterMs: number;
}

const USUAL: Timing = { openWithinMs: 10_000, slackMs: 5_000, climbAfterMs: 60_000, goodAfterMs: 10_000 };
const LONGEST_CLIMB_MS = 600_000;

/** What happens on Mela, as it happens: in order, once, whatever becomes of the connection. */
export class MelaRealtime {
  private readonly topics: Topics;
  private readonly backOff: BackOff;
  private readonly ways: Ways;
  private readonly timing: Timing;
  private readonly timers = new Map<'retry' | 'climb' | 'good' | 'replace', ReturnType<typeof setTimeout>>();
  private lane: Lane | undefined;
  /** Takes the place of the lane as soon as it tells everything that the lane tells. */
  private successor: Lane | undefined;
  private wake: () => void = () => undefined;
  private now: State = 'idle';
  private fresh = false;
  private climbs = 0;
  private attempt = 0;
  private connections = 0;

  constructor(private readonly options: Options) {
    const random = options.random ?? Math.random;
    this.timing = { ...USUAL, ...options.timing };
    this.topics = new Topics(random, () => this.follow());
    this.backOff = new BackOff(random);
    const possible = (options.transports ?? allWays).filter((way) => way !== 'websocket' || this.socket !== undefined);
    this.ways = new Ways(possible);
  }

  get state(): State {
    return this.now;
  }

  get transport(): Way | undefined {
    return this.now === 'connected' ? this.ways.current : undefined;
  }

  connect(): void {
    if (this.now !== 'idle' && this.now !== 'stopped') return;
    this.wake = onWaking(() => this.check());
    void this.open();
  }

  /** The answer ends it. */
  subscribe(topic: string, listener: Listener): () => void {
    if (this.topics.add(topic, listener)) this.follow();
    return () => {
      if (this.topics.remove(topic, listener)) this.follow();
    };
  }

  /** The machine slept, or the network came back: no need to wait. */
  check(): void {
    if (this.now === 'waiting') void this.open();
    else this.lane?.probe();
  }

  close(): void {
    this.shut('idle');
  }

  private get socket(): SocketConstructor | undefined {
    return this.options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  }

  private async open(): Promise<void> {
    this.clear('retry');
    const way = this.ways.current;
    if (way === undefined) return this.shut('stopped');
    this.become('connecting');
    const attempt = ++this.attempt;
    const token = await this.token();
    if (attempt !== this.attempt) return;
    if (token === undefined) return this.retry(this.backOff.next());
    const lane = this.start(way, token, {
      ready: () => {
        this.ways.took(way);
        this.after('good', this.timing.goodAfterMs, () => this.backOff.reset());
        this.become('connected');
        this.planClimb();
        // Topics may have come since the connection was asked for.
        this.follow();
      },
      ended: (why) => this.ended(lane, way, why),
    });
    this.lane = lane;
  }

  /** Undefined when there is none right now. */
  private async token(): Promise<string | undefined> {
    try {
      const token = await this.options.token({ fresh: this.fresh });
      this.fresh = false;
      return token;
    } catch {
      return undefined;
    }
  }

  private start(way: Way, token: string, owner: { ready(): void; caughtUp?(): void; ended(why: Ending): void }): Lane {
    const wanted = () => this.topics.wanted();
    const on = { connection: ++this.connections, way };
    const lane = new Lane(this.topics, this.timing, {
      caughtUp: () => undefined,
      ...owner,
      expiring: () => void this.renew(),
      said: (frame) => this.options.overheard?.(frame, on),
    });
    return lane.follow(this.link(way, { url: addressOf(this.options.url, way), token, wanted, hears: lane }));
  }

  private link(way: Way, options: LinkOptions): Link {
    const fetched: typeof fetch = this.options.fetch ?? ((input, init) => fetch(input, init));
    if (way === 'websocket') return new WebSocketLink(options, this.socket!);
    return way === 'sse' ? new EventStreamLink(options, fetched) : new PollLink(options, fetched);
  }

  private ended(lane: Lane, way: Way, why: Ending): void {
    this.clear('good');
    this.successor?.close();
    this.successor = undefined;
    const next = nextAfter(why);
    if (next.do === 'stop') return this.shut('stopped');
    if (next.do === 'other-way') {
      this.ways.isNoWay(way);
      return this.retry(0);
    }
    if (next.freshToken) this.fresh = true;
    else if (!lane.isReady && !next.wayIsGood) this.ways.failed(way);
    this.retry(next.within ? this.backOff.within(next.within) : this.backOff.next());
  }

  private retry(inMs: number): void {
    this.lane = undefined;
    this.clear('climb');
    this.become('waiting');
    this.after('retry', inMs, () => void this.open());
  }

  /** The topics that are wanted are others now. */
  private follow(pause: () => number = () => 0): void {
    if (this.lane?.isReady && !this.lane.changed()) this.after('replace', pause(), () => void this.replace([this.ways.current!]));
  }

  private async renew(): Promise<void> {
    this.fresh = true;
    const { lane } = this;
    const token = await this.token();
    if (token !== undefined && lane && lane === this.lane && !lane.refresh(token)) void this.replace([this.ways.current!], token);
  }

  private planClimb(): void {
    if (this.ways.better.length === 0) return void (this.climbs = 0);
    const inMs = Math.min(LONGEST_CLIMB_MS, this.timing.climbAfterMs * 2 ** this.climbs);
    this.after('climb', inMs, () => {
      this.climbs++;
      void this.replace(this.ways.better);
    });
  }

  /** Another connection beside the one there is, which ends when the other has caught up: nothing is lost between them. */
  private async replace([way, ...others]: readonly Way[], given?: string): Promise<void> {
    if (way === undefined) {
      this.planClimb();
      return this.follow(() => this.backOff.next());
    }
    const { lane: replaced } = this;
    const token = given ?? (await this.token());
    if (token === undefined) return this.replace([]);
    if (!replaced || replaced !== this.lane) return;
    this.successor?.close();
    const lane = this.start(way, token, {
      ready: () => undefined,
      caughtUp: () => {
        if (this.successor !== lane) return;
        this.successor = undefined;
        this.lane?.close();
        this.lane = lane;
        this.ways.took(way);
        this.become('connected');
        this.planClimb();
        this.follow();
      },
      ended: (why) => {
        if (lane === this.lane) return this.ended(lane, way, why);
        if (lane !== this.successor) return;
        this.successor = undefined;
        const next = nextAfter(why);
        if (next.do === 'other-way') this.ways.isNoWay(way);
        if (next.do === 'retry' && next.freshToken) this.fresh = true;
        void this.replace(next.do === 'retry' && next.wayIsGood ? [] : others, token);
      },
    });
    this.successor = lane;
  }

  private shut(state: 'idle' | 'stopped'): void {
    this.attempt++;
    for (const name of this.timers.keys()) this.clear(name);
    this.wake();
    this.lane?.close();
    this.successor?.close();
    this.lane = this.successor = undefined;
    this.become(state);
  }

  private become(state: State): void {
    this.now = state;
    this.options.changed?.(state, this.transport);
  }

  private after(name: 'retry' | 'climb' | 'good' | 'replace', ms: number, work: () => void): void {
    this.clear(name);
    this.timers.set(name, setTimeout(work, ms));
  }

  private clear(name: 'retry' | 'climb' | 'good' | 'replace'): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}

function addressOf(url: string, way: Way): string {
  if (way === 'websocket') return url.replace(/^http/, 'ws');
  return `${url.replace(/^ws/, 'http').replace(/\/$/, '')}/${way === 'sse' ? 'events' : 'poll'}`;
}
