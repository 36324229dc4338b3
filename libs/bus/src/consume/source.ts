import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { Wakeable } from '../outbox/wakeable.ts';
import { STREAM } from '../subjects.ts';
import type { Delivery } from './delivery.ts';
import { DurableDiffers, ensureDurable, type Durable } from './durable.ts';
import { Puller } from './puller.ts';

interface SourceOptions {
  nc: NatsConnection;
  log: Log;
  settings: { ackWaitMs: number; maxDeliver: number };
  arrived: (delivery: Delivery) => void;
}

const MEND_MS = { soonest: 100, latest: 5_000 };

/** One durable and what it delivers. Deleted, moved or silent: it is made again and pulled from again. */
export class Source {
  private readonly wakeable = new Wakeable();
  private puller: Puller | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;
  /** What closed pullers still held: it is as good as what comes later, and nearer to its `ack_wait`. */
  private leftOver: Delivery[] = [];
  lost: string | undefined;
  /** When it was last known to have nothing pending: epoch milliseconds. */
  caughtUpAt = 0;

  constructor(
    readonly durable: Durable,
    private readonly options: SourceOptions,
  ) {}

  /** Faults on a durable that is not as asked. A server that is away is waited for. */
  async start(): Promise<void> {
    this.stopping = false;
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
    this.wakeable.wake();
    await this.running;
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

  /** Tells that a batch was applied: if nothing was waiting behind it, all that was there then is done. */
  applied(batch: readonly Delivery[]): void {
    const last = batch.at(-1);
    if (last?.pending === 0 && this.waiting === 0) this.caughtUpAt = last.arrivedAt;
  }

  private async run(): Promise<void> {
    let pause = MEND_MS.soonest;
    while (!this.stopping) {
      try {
        if (this.lost !== undefined) await this.ensure();
        this.lost = undefined;
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
    this.puller = new Puller(this.options.nc, this.durable.name, {
      arrived: this.options.arrived,
      idle: () => void this.lookIfCaughtUp(),
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
    await this.lookIfCaughtUp();
  }

  /** Only the server knows what is left, here and in other processes, delivered or to be delivered again. */
  private async lookIfCaughtUp(): Promise<void> {
    const asked = Date.now();
    try {
      const jsm = await jetstreamManager(this.options.nc, { checkAPI: false });
      const info = await jsm.consumers.info(STREAM, this.durable.name);
      if (info.num_pending === 0 && info.num_ack_pending === 0) this.caughtUpAt = asked;
    } catch {
      // Not knowing is not being caught up.
    }
  }
}
