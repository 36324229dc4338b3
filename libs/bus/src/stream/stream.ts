import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType, type StreamConfig, type JetStreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import type { Position } from '../cursor.ts';
import { STREAM } from '../subjects.ts';
import { isNotFound } from './not-found.ts';
import { differences } from './differences.ts';

const DAY_MS = 86_400_000;
const OLDEST_SERVER = [2, 10] as const;

const wished = {
  name: STREAM,
  subjects: ['evt.>'],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  // Full, it refuses and the outboxes keep what they have: nothing is pushed out that somebody has not heard yet.
  discard: DiscardPolicy.New,
  max_age: nanos(14 * DAY_MS),
  max_msgs: -1,
  max_msgs_per_subject: -1,
  duplicate_window: nanos(600_000),
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
} satisfies Partial<StreamConfig>;

interface StreamSettings {
  replicas?: number;
}

/**
 * Makes the stream where there is none. One that differs is a fault and not changed: what depends on it is for a person to weigh.
 * An older server accepts settings it does not know and drops them, so what it has is read back. Answers whether there was none.
 */
export async function ensureStream(nc: NatsConnection, settings: StreamSettings = {}): Promise<boolean> {
  checkServer(nc);
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const existing = await found(jsm);
  hold(configOf(settings), existing ?? (await added(jsm, configOf(settings))));
  return existing === undefined;
}

/** For those who only follow it: they have no right to make it. */
export async function needStream(nc: NatsConnection): Promise<void> {
  checkServer(nc);
  const actual = await found(await jetstreamManager(nc, { checkAPI: false }));
  if (!actual) throw new Error(`There is no stream ${STREAM} yet: \`mela migrate\` makes it, and so does any service when it starts`);
  hold(wished, actual);
}

function hold(config: Partial<StreamConfig>, actual: StreamConfig): void {
  const faults = differences(config, actual);
  if (faults.length > 0) throw new Error(`The stream ${STREAM} is not as Mela needs it:\n  ${faults.join('\n  ')}`);
}

/** Judges nothing: that is done at boot. What an operator changes under whoever already runs must not stop them. */
export async function createMissingStream(nc: NatsConnection, settings: StreamSettings = {}): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  if (!(await found(jsm))) await added(jsm, configOf(settings));
}

const configOf = ({ replicas }: StreamSettings) => ({ ...wished, ...(replicas === undefined ? {} : { num_replicas: replicas }) });

async function found(jsm: JetStreamManager): Promise<StreamConfig | undefined> {
  try {
    return (await jsm.streams.info(STREAM)).config;
  } catch (fault) {
    if (isNotFound(fault)) return undefined;
    throw fault;
  }
}

async function added(jsm: JetStreamManager, config: typeof wished): Promise<StreamConfig> {
  try {
    await jsm.streams.add(config);
  } catch (fault) {
    // Another process was faster, with settings of its own: what it made is judged like any other.
    if (!(await found(jsm))) throw fault;
  }
  return (await jsm.streams.info(STREAM)).config;
}

function checkServer(nc: NatsConnection): void {
  const version = nc.info?.version ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1]);
  if (old) throw new Error(`Mela needs nats-server ${OLDEST_SERVER.join('.')} or newer: ${nc.getServer()} runs ${version}`);
}

/** Which stream it is: one that was made anew has another. */
export const epochOf = (created: string): string => new Date(created).getTime().toString(36);
/** When it was made: epoch milliseconds. */
export const createdAt = (epoch: string): number => Number.parseInt(epoch, 36);

const FRESH_MS = 1_000;

/**
 * Where the stream's end is. Taken before a state is read, it is a place from which a client misses nothing,
 * and an older one is as safe: so one answer serves for a second.
 */
export class StreamPosition {
  private latest: { asked: number; position: Promise<Position> } | undefined;

  constructor(private readonly nc: NatsConnection) {}

  current(): Promise<Position> {
    const now = performance.now();
    if (this.latest && now - this.latest.asked < FRESH_MS) return this.latest.position;
    const position = this.ask();
    const asked = { asked: now, position };
    this.latest = asked;
    position.catch(() => {
      if (this.latest === asked) this.latest = undefined;
    });
    return position;
  }

  private async ask(): Promise<Position> {
    const jsm = await jetstreamManager(this.nc, { checkAPI: false });
    const { created, state } = await jsm.streams.info(STREAM);
    return { epoch: epochOf(created), seq: state.last_seq };
  }
}
