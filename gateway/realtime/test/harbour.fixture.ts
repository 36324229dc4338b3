import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  answered, Asker, connectBus, ensureStream, OperationServer, parsed, seal, STREAM, timed, traced, wrap, type Exchange, type Headers, type Reply, type Step, type Wrapper,
} from '@mela/bus';
import { AUDIENCE, authenticated, createLog, ISSUER, keysOverBus, runTargets, TOKEN_TYPE, TokenVerifier, type RunningProcess } from '@mela/chassis';
import { id, identity, InvalidApiKey, isRefusal, MayNotHear, type DataOf, type EventType, Unavailable, type Operation, type Refusal } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { realtimeGatewayOf } from '../src/index.ts';
import { harbour, harbours, ShipSighted } from './harbour.contracts.fixture.ts';
import { MortalGateway } from './mortal-gateway.fixture.ts';
import { Screen } from './screen.fixture.ts';

export { PilotDismissed, PilotPosted, ShipLogged, ShipSighted } from './harbour.contracts.fixture.ts';
export const SECRET = 'b7f1c4d09e2a4c6f8d3b5a7091e2f4c6';
const log = createLog('silent');

interface Answering {
  readonly topic: string;
  readonly personId: string;
}

/** `scope` is the topic itself unless told, and the right is older than everything. */
interface Grant {
  readonly scope?: string;
  readonly since?: string;
}

type Decision = Refusal | Grant | undefined;

/** Decides who hears what; a test may put another in its place. */
export type HarbourMaster = (asked: Answering) => Promise<Decision> | Decision;

export const pilot = id(7);
const LONG_AGO = '2001-01-01T00:00:00.000Z';

/** A world for the tests of a file: opened before them, at rest after each, closed in the end. */
export function openHarbour(): World {
  const world = new World();
  beforeAll(() => world.open());
  afterEach(() => world.rest());
  afterAll(() => world.close());
  return world;
}

/** A private NATS, an owner that grants topics, an issuer of tokens, and gateways. */
export class World {
  master: HarbourMaster = lettingIn;
  /** What identity answers when it is asked for its keys. */
  keys: 'right' | 'away' | 'nonsense' = 'right';
  /** What identity gives for an API key: by default nobody has it. */
  exchange: () => Promise<unknown> = async () => InvalidApiKey();
  /** Published beside the one that signs `token`s. */
  readonly otherKeys: JWK[] = [];
  /** Identity answers only then. */
  beforeKeys: () => Promise<void> = async () => undefined;
  readonly asked: Answering[] = [];
  private readonly screens: Screen[] = [];
  private readonly gateways: { stop(): Promise<unknown> }[] = [];
  private version = 0;

  nats!: OpenPart;
  nc!: NatsConnection;
  publicKey!: JWK;
  /** An access token of the pilot's, for tests that are not about tokens. */
  pilotsToken!: string;
  private dataDir!: string;
  private key!: CryptoKey;

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'mela-realtime-'));
    this.nats = await openPart('nats', { dataDir: this.dataDir, env: {}, throwaway: true });
    this.nc = await connectBus({ url: this.nats.url, name: 'harbour' });
    await ensureStream(this.nc);
    const { privateKey, publicKey } = await generateKeyPair('Ed25519');
    this.key = privateKey;
    this.publicKey = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'Ed25519' };
    this.pilotsToken = await this.token(pilot, { seconds: 3_600 });
    await this.host();
  }

  async gateway(settings: Record<string, string> = {}): Promise<Gateway> {
    const process = await runTargets([realtimeGatewayOf(harbours)], this.environment(settings));
    this.gateways.push(process);
    return new Gateway(process, this.screens);
  }

  /** The same in a process of its own, which may be killed. */
  async mortal(settings: Record<string, string> = {}): Promise<{ gateway: Gateway; process: MortalGateway }> {
    const process = await MortalGateway.start(this.environment({ NODE_COMPILE_CACHE: join(this.dataDir, 'compiled'), ...settings }));
    this.gateways.push({ stop: () => process.kill() });
    return { gateway: new Gateway(process, this.screens), process };
  }

  token(personId: string, { seconds = 600, issuer = ISSUER, actor, sid = id(900), ofKey }: { seconds?: number; issuer?: string; actor?: string; sid?: string; ofKey?: { client_id: string; scope: string } } = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sid, ...(actor === undefined ? {} : { act: { sub: actor } }), ...ofKey })
      .setProtectedHeader({ alg: 'Ed25519', typ: TOKEN_TYPE, kid: 'one' })
      .setSubject(personId).setIssuer(issuer).setAudience(AUDIENCE).setIssuedAt(now).setExpirationTime(now + seconds)
      .sign(this.key);
  }

  publish(data: Partial<DataOf<typeof ShipSighted>> = {}, nc = this.nc): Promise<{ id: string; seq: number }> {
    return this.say(ShipSighted, { shipId: id(1), dock: 'north', ...data }, nc);
  }

  async say<E extends EventType>(type: E, data: DataOf<E>, nc = this.nc): Promise<{ id: string; seq: number }> {
    const sealed = seal(type, { id: id(1), version: ++this.version }, data, { source: '/mela/harbour' });
    return { id: sealed.eventId, seq: await this.store(sealed.subject, sealed.headers, sealed.payload, nc) };
  }

  /** Anything at all, also what `seal` would refuse. */
  async store(subject: string, attributes: Record<string, string>, payload: Uint8Array | string, nc = this.nc): Promise<number> {
    const carried = headers();
    for (const [name, value] of Object.entries(attributes)) carried.set(name, value);
    return (await jetstream(nc).publish(subject, payload, { headers: carried })).seq;
  }

  /** Settled when the harbour's own connection, which may have broken, is there: then it grants topics. */
  async reconnected(): Promise<void> {
    await vi.waitFor(() => this.nc.rtt(), { timeout: 15_000 });
  }

  /** The server dies, and comes back with the messages as they are then or were at another time. */
  async dies(files: { kept?: string; lost?: string }): Promise<void> {
    await this.nats.crash();
    const messages = join(this.dataDir, 'nats', 'jetstream', 'jetstream', '$G', 'streams', STREAM, 'msgs');
    if (files.kept !== undefined) await cp(messages, join(this.dataDir, files.kept), { recursive: true });
    if (files.lost !== undefined) {
      await rm(messages, { recursive: true });
      await cp(join(this.dataDir, files.lost), messages, { recursive: true });
    }
    await this.nats.restart();
  }

  /** After each test: nobody is left connected, and the harbour is open again. */
  async rest(): Promise<void> {
    await this.reconnected();
    for (const screen of this.screens.splice(0)) screen.leave();
    await Promise.all(this.gateways.splice(0).map((gateway) => gateway.stop()));
    this.master = lettingIn;
    this.keys = 'right';
    this.exchange = async () => InvalidApiKey();
    this.otherKeys.length = 0;
    this.beforeKeys = async () => undefined;
    this.asked.length = 0;
  }

  async close(): Promise<void> {
    await this.rest();
    await this.nc.close();
    await this.nats.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private environment(settings: Record<string, string>): Record<string, string> {
    return { NATS_URL: this.nats.url, LOG_LEVEL: 'silent', REALTIME_PORT: '0', CURSOR_SECRET: SECRET, ...settings };
  }

  private keySet(): unknown {
    if (this.keys === 'away') return Unavailable();
    return { keys: this.keys === 'right' ? [this.publicKey, ...this.otherKeys] : 'nonsense' };
  }

  private async host(): Promise<void> {
    const tokens = new TokenVerifier(keysOverBus(new Asker({ nc: this.nc, mayAsk: new Set([identity.jwks.id]) })));
    const server = new OperationServer(this.nc, 'harbour');
    server.serve(identity.jwks.subject, answering(identity.jwks, [traced, answered(log)], async () => {
      await this.beforeKeys();
      return this.keySet();
    }));
    server.serve(identity.exchangeApiKey.subject, answering(identity.exchangeApiKey, [traced, answered(log)], () => this.exchange()));
    server.serve(
      harbour.hearing.subject,
      answering(harbour.hearing, [traced, answered(log), timed(), authenticated(tokens), parsed], async ({ caller, input }) => {
        const asked = { topic: (input as { topic: string }).topic, personId: caller!.personId };
        this.asked.push(asked);
        const decision = await this.master(asked);
        return isRefusal(decision) ? decision : { topic: asked.topic, scope: asked.topic, since: LONG_AGO, ...decision };
      }),
    );
    await new Promise<void>((resolve) => void server.listen(() => resolve()));
    await this.nc.flush();
  }
}

const lettingIn: HarbourMaster = ({ topic: asked }) => (asked.startsWith('dock:closed') ? MayNotHear() : undefined);

const answering = (operation: Operation, wrappers: readonly Wrapper[], innermost: Step) => {
  const step = wrap(wrappers, innermost);
  return (body: Uint8Array, given: Headers) => {
    const exchange: Exchange = { operation, body, headers: given, replyHeaders: new Map() };
    return step(exchange) as Promise<Reply>;
  };
};

export class Gateway {
  constructor(
    readonly process: RunningProcess,
    private readonly screens: Screen[],
  ) {}

  get url(): string {
    return this.process.addresses['realtime']!;
  }

  get http(): string {
    return this.url.replace('ws:', 'http:').replace(/\/realtime$/, '');
  }

  /** A socket that has said nothing yet. */
  async open(options: { origin?: string; path?: string } = {}): Promise<Screen> {
    const screen = await Screen.open(options.path === undefined ? this.url : this.http.replace('http:', 'ws:') + options.path, options);
    this.screens.push(screen);
    return screen;
  }

  /** A person's open screen, heard by the gateway under their name. */
  async screen(token: string): Promise<Screen> {
    const screen = await this.open();
    await screen.ask({ t: 'connect', token });
    return screen;
  }

  async metric(name: string): Promise<Record<string, number>> {
    const text = await (await fetch(`${this.process.addresses['ops']}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(name));
    return Object.fromEntries(lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
  }
}
