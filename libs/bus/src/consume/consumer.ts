import type { NatsConnection } from '@nats-io/transport-node';
import type { Registry } from 'prom-client';
import type { Log } from '../log.ts';
import { Wakeable } from '../outbox/wakeable.ts';
import type { Sql, Transactions } from '../sql.ts';
import { Apply } from './apply.ts';
import { BatchSize } from './batch-size.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import { consumerMetrics, type ConsumerMetrics } from './consumer-metrics.ts';
import { DeadLetterBox } from './dead-letter-box.ts';
import type { Delivery } from './delivery.ts';
import { durablesOf } from './durable.ts';
import { Hold } from './hold.ts';
import { ReadAhead } from './read-ahead.ts';
import { Replica } from './replica.ts';
import { Source } from './source.ts';
import { heartbeat } from './wrappers/heartbeat.ts';

export interface ConsumerSettings {
  ackWaitMs: number;
  backoffMs: readonly number[];
  maxDeliver: number;
  /** How often the host looks for replays and for what nobody answered. */
  lookMs: number;
}

export interface ConsumerHealth {
  consumer: string;
  state: 'running' | 'stopped';
  reason?: string;
  /** It knows everything that was stored until so many milliseconds ago; without an end where it never did. */
  knowledgeAgeMs: number;
}

const LONGEST_HOLD_MS = 5_000;

/** One consumer's loop: whatever has arrived is applied at once, together; when nothing has, it waits for the next arrival. */
export class Consumer<Tx extends Sql> {
  readonly apply: Apply<Tx>;
  readonly box: DeadLetterBox;
  readonly metrics: ConsumerMetrics;
  readonly sources: readonly Source[];
  private readonly replica: Replica<Tx> | undefined;
  private readonly wakeable = new Wakeable();
  private running: Promise<void> | undefined;
  private stopping = false;
  private holding: string | undefined;
  private inHand: readonly Delivery[] = [];
  private turn = 0;
  private readonly batch = new BatchSize();

  constructor(
    readonly definition: ConsumerDefinition<Tx>,
    private readonly options: { service: string; nc: NatsConnection; db: Transactions<Tx>; log: Log; metrics: Registry; settings: ConsumerSettings },
  ) {
    const { service, nc, db, log, metrics, settings } = options;
    const { as, events, bootstrap } = definition;
    this.box = new DeadLetterBox(db, as);
    this.metrics = consumerMetrics(metrics, service, as);
    this.apply = new Apply(definition, { db, box: this.box, log, metrics: this.metrics, settings });
    const { ackWaitMs } = settings;
    const ahead = new ReadAhead((delivery) => this.apply.reading.readAhead(delivery));
    const arrived = (delivery: Delivery) => {
      ahead.arrived(delivery);
      this.wakeable.wake();
    };
    this.sources = durablesOf(as, events).map(
      (durable) => new Source(durable, { nc, log, settings: { ackWaitMs }, arrived, found: () => this.replica?.doubt() }),
    );
    const reached = async () => Math.min(...(await Promise.all(this.sources.map((source) => source.reached()))));
    this.replica = bootstrap && new Replica(as, bootstrap, { nc, db, log, reached });
  }

  get health(): ConsumerHealth {
    const reason = this.holding ?? this.sources.find(({ lost }) => lost !== undefined)?.lost ?? this.replica?.wanting;
    return {
      consumer: this.definition.as,
      state: reason === undefined ? 'running' : 'stopped',
      ...(reason === undefined ? {} : { reason }),
      knowledgeAgeMs: Math.max(...this.sources.map((source) => source.knowledgeAgeMs)),
    };
  }

  async start(): Promise<void> {
    if (this.running) return;
    this.stopping = false;
    this.running = this.run();
    await Promise.all(this.sources.map((source) => source.start()));
    await this.replica?.start();
  }

  /** Applies and answers what is at hand, then lets go. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeable.wake();
    await Promise.all([...this.sources.map((source) => source.stop()), this.replica?.stop()]);
    this.wakeable.wake();
    await this.running;
    this.running = undefined;
    for (const source of this.sources) source.close();
  }

  measure(): void {
    const oldest = [...this.unanswered()].reduce((least, { storedAt }) => Math.min(least, storedAt), Date.now());
    this.metrics.lag.set((Date.now() - oldest) / 1_000);
  }

  private async run(): Promise<void> {
    const stopHeartbeat = heartbeat(() => this.unanswered(), this.options.settings.ackWaitMs);
    for (;;) {
      const source = this.next();
      if (source) await this.through(source, source.take(this.batch.now));
      else if (this.stopping) break;
      else await this.wakeable.wait(60_000);
    }
    stopHeartbeat();
  }

  /** In turns, so that a busy noun does not starve a quiet one. */
  private next(): Source | undefined {
    this.turn += 1;
    for (let i = 0; i < this.sources.length; i++) {
      const source = this.sources[(this.turn + i) % this.sources.length]!;
      if (source.waiting > 0) return source;
    }
    return undefined;
  }

  /** Tries until every delivery is answered. While it cannot, nothing later is begun. */
  private async through(source: Source, batch: readonly Delivery[]): Promise<void> {
    this.inHand = batch;
    this.metrics.redelivered.inc(batch.filter(({ count }) => count > 1).length);
    const began = performance.now();
    const { log, settings } = this.options;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.apply.settle(batch);
        if (this.holding !== undefined) log.info({ consumer: this.definition.as }, 'The consumer goes on');
        this.holding = undefined;
        source.applied();
        break;
      } catch (fault) {
        const reason = fault instanceof Hold ? fault.message : ((fault as Error).stack ?? String(fault));
        if (this.holding === undefined) log.error({ consumer: this.definition.as, reason }, 'The consumer stopped and keeps what it has');
        this.holding = reason;
        // Somebody else may be able to: they get it at once.
        if (this.stopping) for (const delivery of batch) delivery.nak(0);
        if (this.stopping) break;
        const backoff = settings.backoffMs[Math.min(attempt, settings.backoffMs.length - 1)] ?? LONGEST_HOLD_MS;
        await this.wakeable.pause(Math.min(backoff, LONGEST_HOLD_MS));
      }
    }
    this.inHand = [];
    this.batch.took(performance.now() - began);
  }

  private *unanswered(): Iterable<Delivery> {
    for (const delivery of this.inHand) if (!delivery.settled) yield delivery;
    for (const source of this.sources) yield* source.held;
  }
}
