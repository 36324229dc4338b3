import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { Wakeable } from '../outbox/wakeable.ts';
import type { Sql, Transactions } from '../sql.ts';
import { durableName, STREAM } from '../subjects.ts';
import { Apply } from './apply.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import { consumerMetrics, type ConsumerMetrics } from './consumer-metrics.ts';
import { DeadLetterBox } from './dead-letter-box.ts';
import type { Delivery } from './delivery.ts';
import { DurableDiffers, ensureDurable } from './durable.ts';
import { Hold } from './hold.ts';
import { Puller } from './puller.ts';
import { heartbeat } from './wrappers/heartbeat.ts';
import type { Registry } from 'prom-client';

export interface ConsumerSettings {
  ackWaitMs: number;
  backoffMs: readonly number[];
  maxDeliver: number;
}

export interface ConsumerHealth {
  consumer: string;
  state: 'running' | 'stopped';
  reason?: string;
  /** When it was last known to have nothing pending: epoch milliseconds. */
  caughtUpAt: number;
}

const BATCH = 100;
const MEND_MS = { soonest: 100, latest: 5_000 };

/** One consumer's loop: whatever has arrived is applied at once, together; when nothing has, it waits for the next arrival. */
export class Consumer<Tx extends Sql> {
  readonly apply: Apply<Tx>;
  readonly box: DeadLetterBox;
  readonly metrics: ConsumerMetrics;
  private readonly wakeable = new Wakeable();
  private running: Promise<void> | undefined;
  private stopping = false;
  private stopped: string | undefined;
  private caughtUpAt = 0;
  private puller: Puller | undefined;
  private lost: string | undefined;
  private inHand: readonly Delivery[] = [];

  constructor(
    readonly definition: ConsumerDefinition<Tx>,
    private readonly options: { service: string; nc: NatsConnection; db: Transactions<Tx>; log: Log; metrics: Registry; settings: ConsumerSettings },
  ) {
    const { service, db, log, metrics, settings } = options;
    this.box = new DeadLetterBox(db, definition.as);
    this.metrics = consumerMetrics(metrics, service, definition.as);
    this.apply = new Apply(definition, { db, box: this.box, log, metrics: this.metrics, settings });
  }

  get health(): ConsumerHealth {
    const reason = this.stopped ?? this.lost;
    return {
      consumer: this.definition.as,
      state: reason === undefined ? 'running' : 'stopped',
      ...(reason === undefined ? {} : { reason }),
      caughtUpAt: this.caughtUpAt,
    };
  }

  /** Faults on a durable that is not as asked. A server that is away is waited for. */
  async start(): Promise<void> {
    if (this.running) return;
    this.stopping = false;
    try {
      await this.ensure();
    } catch (fault) {
      if (fault instanceof DurableDiffers) throw fault;
      this.lost = (fault as Error).message;
    }
    this.running = this.run();
  }

  /** Applies and answers what is at hand, then lets go. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeable.wake();
    await this.running;
    this.running = undefined;
  }

  measure(): void {
    const waiting = [...this.inHand, ...(this.puller?.held ?? [])].filter((delivery) => !delivery.settled);
    const oldest = waiting.reduce((least, { storedAt }) => Math.min(least, storedAt), Date.now());
    this.metrics.lag.set((Date.now() - oldest) / 1_000);
  }

  private async run(): Promise<void> {
    const { nc, settings } = this.options;
    let pause = MEND_MS.soonest;
    const stopHeartbeat = heartbeat(() => [...this.inHand, ...(this.puller?.held ?? [])], settings.ackWaitMs);
    while (!this.stopping) {
      try {
        if (this.lost !== undefined) await this.ensure();
        this.lost = undefined;
        pause = MEND_MS.soonest;
        this.puller = new Puller(nc, durableName(this.definition.as), {
          arrived: () => this.wakeable.wake(),
          idle: () => void this.lookIfCaughtUp(),
          lost: (reason) => {
            this.lost ??= reason;
            this.wakeable.wake();
          },
        });
        await this.work(this.puller);
      } catch (fault) {
        this.lost = (fault as Error).message;
      }
      this.puller?.close();
      this.puller = undefined;
      if (this.stopping) break;
      this.options.log.warn({ consumer: this.definition.as, reason: this.lost }, 'The consumer lost its durable and looks for it');
      await this.wakeable.pause(pause);
      pause = Math.min(pause * 2, MEND_MS.latest);
    }
    stopHeartbeat();
  }

  private async work(puller: Puller): Promise<void> {
    for (;;) {
      const batch = puller.take(BATCH);
      if (batch.length > 0) await this.through(batch);
      else if (this.stopping || this.lost !== undefined) return;
      else await this.wakeable.wait(60_000);
      if (this.stopping) puller.close();
    }
  }

  /** Tries until every delivery is answered. While it cannot, nothing later is begun. */
  private async through(batch: readonly Delivery[]): Promise<void> {
    this.inHand = batch;
    const { backoffMs } = this.options.settings;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.apply.settle(batch);
        if (this.stopped !== undefined) this.options.log.info({ consumer: this.definition.as }, 'The consumer goes on');
        this.stopped = undefined;
        break;
      } catch (fault) {
        const reason = fault instanceof Hold ? fault.message : ((fault as Error).stack ?? String(fault));
        if (this.stopped === undefined) this.options.log.error({ consumer: this.definition.as, reason }, 'The consumer stopped and keeps what it has');
        this.stopped = reason;
        // Somebody else may be able to: they get it at once.
        if (this.stopping) batch.forEach((delivery) => delivery.nak(0));
        if (this.stopping) break;
        await this.wakeable.pause(Math.min(backoffMs[Math.min(attempt, backoffMs.length - 1)] ?? 0, MEND_MS.latest));
      }
    }
    this.inHand = [];
    const last = batch.at(-1)!;
    if (last.pending === 0 && this.puller?.held.length === 0 && this.stopped === undefined) this.caughtUpAt = last.arrivedAt;
  }

  private async ensure(): Promise<void> {
    const { nc, settings } = this.options;
    const { as, events, poison } = this.definition;
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    await ensureDurable(jsm, { as, events, ackWaitMs: settings.ackWaitMs, maxDeliver: poison === 'stop' ? -1 : settings.maxDeliver });
    await this.lookIfCaughtUp();
  }

  /** Only the server knows what is left, here and in other processes, delivered or to be delivered again. */
  private async lookIfCaughtUp(): Promise<void> {
    const asked = Date.now();
    try {
      const jsm = await jetstreamManager(this.options.nc, { checkAPI: false });
      const info = await jsm.consumers.info(STREAM, durableName(this.definition.as));
      if (info.num_pending === 0 && info.num_ack_pending === 0) this.caughtUpAt = asked;
    } catch {
      // Not knowing is not being caught up.
    }
  }
}
