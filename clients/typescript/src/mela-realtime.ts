import { BackOff } from './back-off.ts';
import { nextAfter, type Ending } from './ending.ts';
import { Lane } from './lane.ts';
import { openLink, socketOf } from './links/open-link.ts';
import { USUAL, type Options, type State, type Timing } from './options.ts';
import { Timers } from './timers.ts';
import type { Listener } from './topic.ts';
import { Topics } from './topics.ts';
import { onWaking } from './waking.ts';
import { ways as allWays, Ways, type Way } from './ways.ts';

const LONGEST_CLIMB_MS = 600_000;

/** What happens on Mela, as it happens: in order, once, whatever becomes of the connection. */
export class MelaRealtime {
  private readonly topics: Topics;
  private readonly backOff: BackOff;
  private readonly ways: Ways;
  private readonly timing: Timing;
  private readonly timers = new Timers<'retry' | 'climb' | 'good' | 'replace'>();
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
    const possible = (options.transports ?? allWays).filter((way) => way !== 'websocket' || socketOf(options) !== undefined);
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
    if (this.now === 'waiting') return void this.open();
    this.lane?.probe();
    // One that is about to stand beside it will show whether anybody is there.
    if (!this.successor || this.successor.isReady) this.follow();
  }

  close(): void {
    this.shut('idle');
  }

  private async open(): Promise<void> {
    this.timers.clear('retry');
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
        this.timers.after('good', this.timing.goodAfterMs, () => this.backOff.reset());
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
    return lane.follow(openLink(way, this.options, { token, wanted, hears: lane }));
  }

  private ended(lane: Lane, way: Way, why: Ending): void {
    this.timers.clear('good');
    this.successor?.close();
    this.successor = undefined;
    if (lane.isReady) this.backOff.spread(lane.retryJitter);
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
    this.timers.clear('climb');
    this.become('waiting');
    this.timers.after('retry', inMs, () => void this.open());
  }

  /** The topics that are wanted are others now. */
  private follow(pause: () => number = () => 0): void {
    if (this.lane?.isReady && !this.lane.changed()) this.timers.after('replace', pause(), () => void this.replace([this.ways.current!]));
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
    this.timers.after('climb', inMs, () => {
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
        const isRefused = next.do === 'retry' && next.freshToken;
        if (isRefused) this.fresh = true;
        void this.replace(next.do === 'retry' && next.wayIsGood ? [] : others, isRefused ? undefined : token);
      },
    });
    this.successor = lane;
  }

  private shut(state: 'idle' | 'stopped'): void {
    this.attempt++;
    this.timers.clearAll();
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
}
