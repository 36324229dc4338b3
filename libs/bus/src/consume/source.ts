import { jetstreamManager, type ConsumerInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { Wakeable } from '../outbox/wakeable.ts';
import { ConnectionLines } from '../stream/connection-line.ts';
import { StreamReader } from '../stream/stream-reader.ts';
import { STREAM } from '../subjects.ts';
import type { Delivery } from './delivery.ts';
import { DurableDiffers, ensureDurable, type Durable } from './durable.ts';
import { Horizon } from './horizon.ts';
import { Puller } from './puller.ts';

interface SourceOptions {
  nc: NatsConnection;
  log: Log;
  settings: { ackWaitMs: number };
  arrived: (delivery: Delivery) => void;
  /** The durable was not there for a while, or nobody knows: it is now, and the stream may be another one. */
  found: () => void;
}

const MEND_MS = { soonest: 100, latest: 5_000 };
/** How often the server is asked how far everybody is, as long as there is something to do. At first somebody waits for it. */
const LOOK_MS = { first: 50, later: 1_000 };

/** One durable and what it delivers. Deleted, moved or silent: it is made again and pulled from again. */
export class Source {
  private readonly wakeable = new Wakeable();
  private puller: Puller | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;
  /** What closed pullers still held: it is as good as what comes later, and nearer to its `ack_wait`. */
  private leftOver: Delivery[] = [];
  /** They outlive pullers: what one left over is not answered on the next connection either. */
  private lines: ConnectionLines | undefined;
  private readonly horizon = new Horizon();
  private readonly stream: StreamReader;
  private nextLook: NodeJS.Timeout | undefined;
  lost: string | undefined;

  constructor(
    readonly durable: Durable,
    private readonly options: SourceOptions,
  ) {
    this.stream = new StreamReader(options.nc);
  }

  /** Faults on a durable that is not as asked. A server that is away is waited for. */
  async start(): Promise<void> {
    this.stopping = false;
    this.lines ??= new ConnectionLines(this.options.nc);
    try {
      await this.ensure();
    } catch (fault) {
      if (fault instanceof DurableDiffers) throw fault;
      this.lost = (fault as Error).message;
    }
    this.running = this.run();
  }

  /** No more is asked for; what is held can still be taken. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.nextLook);
    this.nextLook = undefined;
    this.wakeable.wake();
    await this.running;
  }

  /** Nothing that is held is answered any more. */
  close(): void {
    this.lines?.close();
    this.lines = undefined;
  }

  /** It knows everything that was stored until so many milliseconds ago. */
  get knowledgeAgeMs(): number {
    return this.horizon.ageMs();
  }

  /** Up to which sequence nothing waits or is unanswered, as the server says it now. */
  async reached(): Promise<number> {
    return reachedBy(await this.info());
  }

  get waiting(): number {
    return this.leftOver.length + (this.puller?.held.length ?? 0);
  }

  get held(): readonly Delivery[] {
    return this.puller ? [...this.leftOver, ...this.puller.held] : this.leftOver;
  }

  take(max: number): Delivery[] {
    const taken = this.leftOver.splice(0, max);
    return this.puller ? [...taken, ...this.puller.take(max - taken.length)] : taken;
  }

  applied(): void {
    this.lookSoon();
  }

  private async run(): Promise<void> {
    let pause = MEND_MS.soonest;
    while (!this.stopping) {
      try {
        if (this.lost !== undefined) await this.ensure();
        this.lost = undefined;
        this.options.found();
        pause = MEND_MS.soonest;
        await this.pull();
      } catch (fault) {
        this.lost = (fault as Error).message;
      }
      if (this.stopping) return;
      this.options.log.warn({ durable: this.durable.name, reason: this.lost }, 'The consumer lost its durable and looks for it');
      await this.wakeable.pause(pause);
      pause = Math.min(pause * 2, MEND_MS.latest);
    }
  }

  private async pull(): Promise<void> {
    const lines = this.lines!;
    this.puller = new Puller(this.options.nc, this.durable.name, {
      line: () => lines.current,
      arrived: this.options.arrived,
      idle: () => void this.look(),
      lost: (reason) => {
        this.lost ??= reason;
        this.wakeable.wake();
      },
    });
    while (!this.stopping && this.lost === undefined) await this.wakeable.wait(60_000);
    this.puller.close();
    this.leftOver.push(...this.puller.held);
    this.puller = undefined;
  }

  private async ensure(): Promise<void> {
    const jsm = await jetstreamManager(this.options.nc, { checkAPI: false });
    await ensureDurable(jsm, this.durable, this.options.settings);
    this.horizon.forgetMarks();
    await this.look();
  }

  private lookSoon(): void {
    if (this.stopping || this.nextLook) return;
    const look = () => {
      this.nextLook = undefined;
      void this.look();
    };
    this.nextLook = setTimeout(look, this.knowledgeAgeMs === Number.POSITIVE_INFINITY ? LOOK_MS.first : LOOK_MS.later).unref();
  }

  /** Only the server knows what is left, here and in other processes, delivered or to be delivered again. */
  private async look(): Promise<void> {
    const asked = performance.now();
    try {
      // In this order: of what the stream holds by then, the durable says afterwards whether anything is left.
      const { lastSeq } = await this.stream.state();
      const info = await this.info();
      const nothingLeft = info.num_pending + info.num_ack_pending === 0;
      this.horizon.mark(lastSeq, asked);
      this.horizon.reached(nothingLeft ? Math.max(lastSeq, reachedBy(info)) : reachedBy(info));
      if (info.num_pending + info.num_ack_pending > 0) this.lookSoon();
    } catch {
      // Not knowing is not being caught up.
    }
  }

  private async info(): Promise<ConsumerInfo> {
    const jsm = await jetstreamManager(this.options.nc, { checkAPI: false });
    return jsm.consumers.info(STREAM, this.durable.name);
  }
}

const reachedBy = ({ num_ack_pending, delivered, ack_floor }: ConsumerInfo): number =>
  num_ack_pending === 0 ? delivered.stream_seq : ack_floor.stream_seq;
