import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Client } from 'pg';
import type { Registry } from 'prom-client';
import type { Log } from '../log.ts';
import { SHARDS } from '../subjects.ts';
import { Checkpoint } from './checkpoint.ts';
import type { OutboxRow } from './chains.ts';
import { bellOf, type Doorbell } from './doorbell.ts';
import { LatelySent } from './lately-sent.ts';
import { AckedPublisher } from './publisher.ts';
import { Recovery } from './recovery.ts';
import { RelayHousekeeping } from './relay-housekeeping.ts';
import { relayMetrics, type RelayMetrics } from './relay-metrics.ts';
import { RelaySession } from './relay-session.ts';
import { RelayShift, type ShiftParts } from './relay-shift.ts';
import { Sending } from './sending.ts';
import { Wakeable } from './wakeable.ts';

export interface RelayOptions {
  service: string;
  nc: NatsConnection;
  /** A connected session whose search_path is the service's schema. Never through a transaction pooler. */
  connect: () => Promise<Client>;
  /** What this process rings. */
  bell?: Doorbell | undefined;
  log: Log;
  metrics: Registry;
  /** A relay that says nothing for so long (a frozen process, a cut line) gives its shards up. */
  silentMs?: number;
  /** Of the stream, should it have to be made again. */
  replicas?: number;
}

interface RelayHealth {
  /** To NATS. */
  connected: boolean;
  depth: number;
  oldestSeconds: number;
  shards: number;
  /** It holds shards and sends nothing of them: what the stream has is being held against what was sent. */
  recovering: boolean;
}

const ACK_WAIT_MS = 5_000;
const RECONNECT_MS = { soonest: 100, latest: 2_000 };
const SILENT_MS = 10_000;

/**
 * Carries committed events into the stream. It keeps no cursor (ids become visible out of order, so a cursor loses rows):
 * it reads what is there, takes what it is handed, and removes what the stream has acknowledged. Killed anywhere, it can only repeat itself.
 */
export class Relay {
  private readonly metrics: RelayMetrics;
  private readonly wakeable = new Wakeable();
  private session: RelaySession | undefined;
  private shift: RelayShift | undefined;
  private parts: ShiftParts | undefined;
  private bell: Subscription | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(private readonly options: RelayOptions) {
    this.metrics = relayMetrics(options.metrics, options.service);
    options.bell?.answeredBy(this);
  }

  /** Does not wait for the database or NATS: a relay that finds neither keeps trying. */
  async start(): Promise<void> {
    if (this.running) return;
    const { nc, service } = this.options;
    this.stopping = false;
    const parts = this.assemble();
    this.parts = parts;
    this.bell = nc.subscribe(bellOf(service), { callback: () => this.hear() });
    this.running = this.run(parts);
  }

  /** What is in flight is finished: acknowledged and moved, or left for the next relay. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeable.wake();
    await this.running;
    this.running = undefined;
    this.bell?.unsubscribe();
    this.parts?.publisher.close();
  }

  get isAlone(): boolean {
    return this.session?.shards.length === SHARDS;
  }

  hear(): void {
    this.wakeable.wake();
  }

  /** Whoever committed them is answered, whatever goes wrong here: the next look finds them. */
  take(rows: readonly OutboxRow[]): boolean {
    try {
      return this.shift?.take(rows) === true;
    } catch (fault) {
      this.options.log.error({ fault: (fault as Error).message }, 'The relay could not take what was handed to it, and looks for it');
      return false;
    }
  }

  health(): RelayHealth {
    const { depth, oldestSeconds } = this.parts?.housekeeping.backlog ?? { depth: 0, oldestSeconds: 0 };
    const shards = this.session?.shards.length ?? 0;
    return {
      connected: this.parts?.publisher.connected === true && !this.options.nc.isClosed(),
      depth,
      oldestSeconds,
      shards,
      recovering: shards > 0 && this.parts?.checkpoint.open !== true,
    };
  }

  private assemble(): ShiftParts {
    const { service, nc, log, replicas } = this.options;
    const { metrics, wakeable } = this;
    const publisher = new AckedPublisher(nc, {
      ackWaitMs: ACK_WAIT_MS,
      changed: (connected) => {
        if (!connected) checkpoint.shut('The connection broke');
        housekeeping.connected(connected);
        wakeable.wake();
      },
    });
    const lately = new LatelySent();
    const checkpoint = new Checkpoint(new Recovery({ nc, publisher, lately, log, metrics, replicas }), { log, metrics });
    const housekeeping = new RelayHousekeeping({ publisher, checkpoint, log, metrics });
    const sending = new Sending({ service, nc, publisher, checkpoint, lately, log, metrics });
    return { publisher, checkpoint, sending, housekeeping, metrics, wakeable };
  }

  private async run(parts: ShiftParts): Promise<void> {
    const { connect, log, silentMs = SILENT_MS } = this.options;
    let pause = RECONNECT_MS.soonest;
    while (!this.stopping) {
      const opened = performance.now();
      try {
        const session = new RelaySession(await connect(), () => this.wakeable.wake());
        this.session = session;
        await session.open(silentMs);
        this.shift = new RelayShift(session, parts);
        await this.shift.work(() => this.stopping);
      } catch (fault) {
        log.warn({ fault: (fault as Error).message }, 'The relay lost its database session and takes a new one');
      }
      this.shift = undefined;
      this.session?.close();
      this.session = undefined;
      if (performance.now() - opened > 10_000) pause = RECONNECT_MS.soonest;
      if (!this.stopping) await this.wakeable.pause(pause);
      pause = Math.min(pause * 2, RECONNECT_MS.latest);
    }
  }
}
