import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Registry } from 'prom-client';
import type { Log } from '../log.ts';
import { Wakeable } from '../outbox/wakeable.ts';
import type { Sql, Transactions } from '../sql.ts';
import { watchConnectivity } from '../stream/connectivity.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import { Consumer, type ConsumerHealth, type ConsumerSettings } from './consumer.ts';
import { replayBellOf } from './dead-letters.ts';
import { pruneInbox } from './prune-inbox.ts';
import { replayMarked } from './replays.ts';

export interface ConsumerHostOptions<Tx extends Sql> {
  service: string;
  nc: NatsConnection;
  db: Transactions<Tx>;
  consumers: readonly ConsumerDefinition<Tx>[];
  log: Log;
  metrics: Registry;
  settings?: Partial<ConsumerSettings>;
}

const SECOND = 1_000;
const PRUNE_MS = 3_600 * SECOND;
const FLUSH_MS = 2 * SECOND;
const defaults: ConsumerSettings = {
  // What a killed process held comes back after this, and whoever works on one says so three times as often.
  ackWaitMs: 10 * SECOND,
  backoffMs: [1, 2, 5, 10, 30, 60, 120, 300, 600].map((seconds) => seconds * SECOND),
  maxDeliver: 12,
  lookMs: 5 * SECOND,
};

/** Hosts a service's consumers, and does the slow work around them: replays, the gauge of dead letters, pruning. */
export class ConsumerHost<Tx extends Sql> {
  private readonly consumers: readonly Consumer<Tx>[];
  private readonly settings: ConsumerSettings;
  private readonly wakeable = new Wakeable();
  private rounds: Promise<void> | undefined;
  private bell: Subscription | undefined;
  private unwatch: (() => void) | undefined;
  private connected = true;
  private stopping = false;

  constructor(private readonly options: ConsumerHostOptions<Tx>) {
    const names = options.consumers.map(({ as }) => as);
    const doubled = names.find((name, place) => names.indexOf(name) !== place);
    if (doubled) throw new Error(`Two consumers are called ${doubled}: the second would take the first one's events`);
    this.settings = { ...defaults, ...options.settings };
    this.consumers = options.consumers.map((definition) => new Consumer(definition, { ...options, settings: this.settings }));
  }

  async start(): Promise<void> {
    if (this.rounds || this.consumers.length === 0) return;
    const { nc, service } = this.options;
    this.stopping = false;
    this.connected = true;
    this.unwatch = watchConnectivity(nc, (connected) => (this.connected = connected));
    this.bell = nc.subscribe(replayBellOf(service), { callback: () => this.wakeable.wake() });
    const started = await Promise.allSettled(this.consumers.map((consumer) => consumer.start()));
    const faults = started.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).message] : []));
    this.rounds = this.goRound();
    if (faults.length === 0) return;
    await this.stop();
    throw new Error(faults.join('\n'));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeable.wake();
    await Promise.all([...this.consumers.map((consumer) => consumer.stop()), this.rounds]);
    this.rounds = undefined;
    this.bell?.unsubscribe();
    await this.sendAnswers();
    this.unwatch?.();
  }

  health(): readonly ConsumerHealth[] {
    const healths = this.consumers.map((consumer) => consumer.health);
    return this.cutOff ? healths.map((health) => ({ ...health, state: 'stopped', reason: 'NATS is not connected' })) : healths;
  }

  private get cutOff(): boolean {
    return !this.connected || this.options.nc.isClosed();
  }

  /** The last answers are on their way when this returns, unless there is no way: then what they were for comes again. */
  private async sendAnswers(): Promise<void> {
    if (this.cutOff) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MS)));
    await Promise.race([this.options.nc.flush().catch(() => undefined), enough]);
    clearTimeout(timer);
  }

  private async goRound(): Promise<void> {
    const { db, log } = this.options;
    let pruneAt = 0;
    while (!this.stopping) {
      try {
        await replayMarked(db, this.consumers, log);
        await this.measure();
        if (performance.now() >= pruneAt) {
          await pruneInbox(db);
          pruneAt = performance.now() + PRUNE_MS;
        }
      } catch (fault) {
        log.debug({ fault: (fault as Error).message }, 'The round of the consumers failed and is made again');
      }
      await this.wakeable.wait(this.settings.lookMs);
    }
  }

  private async measure(): Promise<void> {
    for (const consumer of this.consumers) consumer.measure();
    const dead = await this.options.db.query<{ consumer: string; count: number }>(
      `SELECT consumer, count(*)::int AS count FROM dead_letter WHERE state = 'dead' GROUP BY consumer`,
    );
    for (const consumer of this.consumers)
      consumer.metrics.deadLetters.set(dead.find((row) => row.consumer === consumer.definition.as)?.count ?? 0);
  }
}
