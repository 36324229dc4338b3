import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Client } from 'pg';
import type { Registry } from 'prom-client';
import { reach } from '../fail-points.ts';
import type { Log } from '../log.ts';
import { Chains, type OutboxRow } from './chains.ts';
import { Checkpoint } from './checkpoint.ts';
import { bellOf } from './doorbell.ts';
import { publishedBy } from './published.ts';
import { AckedPublisher, type Settle, type Stored } from './publisher.ts';
import { Recovery } from './recovery.ts';
import { relayMetrics, type RelayMetrics } from './relay-metrics.ts';
import { RelaySession, type Backlog } from './relay-session.ts';
import { SentHistory } from './sent-history.ts';
import { Wakeable } from './wakeable.ts';

export interface RelayOptions {
  service: string;
  nc: NatsConnection;
  /** A connected session whose search_path is the service's schema. Never through a transaction pooler. */
  connect: () => Promise<Client>;
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

const READ_AT_MOST = 2_000;
/** Rows read and not yet moved: enough to read the next ones while these are on their way. */
const WINDOW = 4_000;
const POLL_MS = { soonest: 20, latest: 250 };
const TAKE_SHARDS_MS = 2_000;
const LOOK_AT_BACKLOG_MS = 2_000;
const KEEP_PARTITIONS_MS = 600_000;
const RECONNECT_MS = { soonest: 100, latest: 2_000 };
/** Without NATS for so long, a relay lets others try. */
const GIVE_UP_SHARDS_MS = 5_000;
const SILENT_MS = 10_000;

/**
 * Carries committed events into the stream. It keeps no cursor (ids become visible out of order, so a cursor loses rows):
 * it reads what is there and removes what the stream has acknowledged. Killed anywhere, it can only repeat itself.
 */
export class Relay {
  private readonly metrics: RelayMetrics;
  private readonly wakeable = new Wakeable();
  private session: RelaySession | undefined;
  private publisher: AckedPublisher | undefined;
  private checkpoint: Checkpoint | undefined;
  private bell: Subscription | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;
  private disconnectedSince: number | undefined;
  private backlog: Backlog & { at: number } = { depth: 0, oldestSeconds: 0, at: performance.now() };

  constructor(private readonly options: RelayOptions) {
    this.metrics = relayMetrics(options.metrics, options.service);
  }

  /** Does not wait for the database or NATS: a relay that finds neither keeps trying. */
  async start(): Promise<void> {
    if (this.running) return;
    const { nc, service, log, replicas } = this.options;
    this.stopping = false;
    const publisher = new AckedPublisher(nc, {
      ackWaitMs: 5_000,
      changed: (connected) => {
        if (!connected) checkpoint.shut('The connection broke');
        this.disconnectedSince = connected ? undefined : performance.now();
        this.wakeable.wake();
      },
    });
    const { metrics } = this;
    const checkpoint = new Checkpoint(new Recovery({ nc, publisher, log, metrics, replicas }), { log, metrics });
    this.publisher = publisher;
    this.checkpoint = checkpoint;
    this.bell = nc.subscribe(bellOf(service), { callback: () => this.wakeable.wake() });
    this.running = this.run();
  }

  /** What is in flight is finished: acknowledged and moved, or left for the next relay. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeable.wake();
    await this.running;
    this.running = undefined;
    this.bell?.unsubscribe();
    this.publisher?.close();
  }

  health(): RelayHealth {
    const { depth, oldestSeconds, at } = this.backlog;
    // While the database is away nobody counts, and what waited then waits still.
    const since = (performance.now() - at) / 1_000;
    const shards = this.session?.shards.length ?? 0;
    return {
      connected: this.publisher?.connected === true && !this.options.nc.isClosed(),
      depth,
      oldestSeconds: depth > 0 ? oldestSeconds + since : 0,
      shards,
      recovering: shards > 0 && this.checkpoint?.open !== true,
    };
  }

  private async run(): Promise<void> {
    const { log } = this.options;
    let pause = RECONNECT_MS.soonest;
    while (!this.stopping) {
      const opened = performance.now();
      try {
        const session = new RelaySession(await this.options.connect(), () => this.wakeable.wake());
        this.session = session;
        await session.open(this.options.silentMs ?? SILENT_MS);
        await this.relay(session);
      } catch (fault) {
        log.warn({ fault: (fault as Error).message }, 'The relay lost its database session and takes a new one');
      }
      this.session?.close();
      this.session = undefined;
      if (performance.now() - opened > 10_000) pause = RECONNECT_MS.soonest;
      if (!this.stopping) await this.wakeable.pause(pause);
      pause = Math.min(pause * 2, RECONNECT_MS.latest);
    }
  }

  private async relay(session: RelaySession): Promise<void> {
    const publisher = this.publisher!;
    const chains = new Chains((row, settle) => this.send(publisher, row, settle), {
      acknowledged: () => this.wakeable.wake(),
      failed: (row, fault, attempts) => this.complain(row, fault, attempts),
    });
    const due = { shards: 0, backlog: 0, partitions: performance.now() + KEEP_PARTITIONS_MS };
    let poll = POLL_MS.soonest;
    let rows: readonly OutboxRow[] = [];
    try {
      while (!this.stopping) {
        if (session.broken) throw session.broken;
        await this.housekeeping(session, due);
        // The database moves what was acknowledged while the next rows go out.
        const moving = this.move(session, chains);
        if (this.checkpoint!.open) chains.launch(rows);
        const moved = await moving;
        const checked = await this.check(session, chains);
        rows = await this.read(session, chains);
        poll = moved + rows.length > 0 ? POLL_MS.soonest : Math.min(poll * 2, POLL_MS.latest);
        if (moved + rows.length === 0 && !checked) await this.wakeable.wait(poll);
      }
      await this.finish(session, chains);
    } finally {
      chains.abandon();
    }
  }

  private async move(session: RelaySession, chains: Chains): Promise<number> {
    if (!chains.hasAcknowledged) return 0;
    const rows = chains.takeAcknowledged();
    reach('relay.moving');
    await session.move(rows, this.checkpoint!.epoch);
    chains.moved(rows);
    this.metrics.published.inc(rows.length);
    return rows.length;
  }

  /**
   * Only once everything that was acknowledged is moved: so each row of `outbox_sent` carries a sequence of the stream as
   * it was. What was read before is read again.
   */
  private async check(session: RelaySession, chains: Chains): Promise<boolean> {
    const { connected, inFlight } = this.publisher!;
    if (this.checkpoint!.open || !connected || inFlight > 0 || chains.hasAcknowledged || session.shards.length === 0) return false;
    const again = await this.checkpoint!.pass(new SentHistory(session));
    if (session.broken) throw session.broken;
    return again;
  }

  private async read(session: RelaySession, chains: Chains): Promise<readonly OutboxRow[]> {
    if (!this.checkpoint!.open || !this.publisher!.connected || session.shards.length === 0 || chains.load > WINDOW - READ_AT_MOST) return [];
    const busy = chains.busy();
    // When the stream takes nothing, reading on would only fill the memory with what has to wait.
    if (busy.length > WINDOW) return [];
    this.wakeable.forget();
    return session.pending(busy, READ_AT_MOST);
  }

  private send(publisher: AckedPublisher, ...[row, told]: Parameters<ConstructorParameters<typeof Chains>[0]>): void {
    // Without server info the connection is being made anew: what is published now would be kept and sent unchecked.
    if (!this.checkpoint!.open || !this.options.nc.info) return told(undefined, new Error('The stream is not checked yet'));
    const settle = publishedBy(this.options.service, row, told);
    const sentAt = performance.now();
    reach('relay.publishing');
    publisher.publish(
      { eventId: row.event_id, subject: row.subject, headers: row.headers, payload: row.payload },
      (stored, fault) => {
        if (!stored) this.checkpoint!.heed(fault);
        else if (!this.checkpoint!.trusts(stored)) return this.distrust(publisher, stored, settle);
        else {
          this.metrics.ackSeconds.observe((performance.now() - sentAt) / 1_000);
          reach('relay.acknowledged');
        }
        settle(stored, fault);
      },
    );
  }

  private distrust(publisher: AckedPublisher, { seq }: Stored, settle: Settle): void {
    const fault = new Error(`The stream went back to ${seq}`);
    this.checkpoint!.shut(fault.message);
    settle(undefined, fault);
    publisher.forget(fault);
  }

  private async housekeeping(session: RelaySession, due: { shards: number; backlog: number; partitions: number }): Promise<void> {
    const now = performance.now();
    if (this.disconnectedSince !== undefined && now - this.disconnectedSince > GIVE_UP_SHARDS_MS && session.shards.length > 0) {
      await session.releaseShards();
      this.options.log.warn({}, 'The relay has no NATS and leaves its shards to others');
    }
    if (this.publisher!.connected && now >= due.shards) {
      due.shards = now + TAKE_SHARDS_MS;
      const taken = await session.takeShards();
      if (taken.length > 0) {
        this.checkpoint!.shut('Shards were taken');
        this.options.log.info({ shards: taken }, 'The relay took shards');
      }
    }
    void this.checkpoint!.look();
    if (now >= due.backlog) {
      due.backlog = now + LOOK_AT_BACKLOG_MS;
      this.backlog = { ...(await session.backlog()), at: performance.now() };
      this.metrics.depth.set(this.backlog.depth);
      this.metrics.oldest.set(this.backlog.oldestSeconds);
    }
    if (now >= due.partitions) {
      due.partitions = now + KEEP_PARTITIONS_MS;
      await session.keepPartitions();
    }
  }

  private async finish(session: RelaySession, chains: Chains): Promise<void> {
    chains.close();
    while (this.publisher!.inFlight > 0 || chains.hasAcknowledged)
      if ((await this.move(session, chains)) === 0) await this.wakeable.wait(POLL_MS.latest);
  }

  private complain(row: { event_id: string; subject: string }, fault: Error, attempts: number): void {
    // Once at first and then ever more rarely: an outage concerns thousands.
    const { log } = this.options;
    const facts = { eventId: row.event_id, subject: row.subject, attempts, fault: fault.message };
    if ((attempts & (attempts - 1)) === 0 && attempts > 4) log.error(facts, 'An event is not taken by the stream');
    else log.debug(facts, 'An event was not acknowledged and will be sent again');
  }
}
