import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { answered, connectBus, encodeJson, ensureStream, header, OperationServer, parsed, problem, PROBLEM, seal, timed, traced, wrap, type Headers, type Reply, type Serve } from '@mela/bus';
import { createLog, Health, ProcessSettings, type Process, type Running } from '@mela/chassis';
import { id, identity, InvalidApiKey, operationsOf, type Refusal, type Catalogue, type DataOf, type EventType, type Operation } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Registry } from 'prom-client';
import { apiGatewayOf } from '../src/index.ts';
import { shelf, shelves } from './shelf.fixture.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** What the pages of accounts ask. */
const ofAccounts = [identity.confirmEmail, identity.forgotPassword, identity.resetPassword, identity.signIn, identity.signOut, identity.verifyEmail, identity.verifyEmailAgain];

export const jsonReply = (value: unknown, headers: Record<string, string> = {}, status = 200): Reply => ({
  status,
  headers: new Map(Object.entries({ [header.status]: String(status), 'content-type': 'application/json', ...headers })),
  body: typeof value === 'string' ? new TextEncoder().encode(value) : encodeJson(value),
});

export interface Seen {
  body: string;
  headers: Headers;
  params: Record<string, string>;
}

export interface LogLine {
  level: number;
  msg: string;
  [fact: string]: unknown;
}

export interface Gateway {
  readonly address: string;
  readonly lines: LogLine[];
  readonly process: Process;
  stop(): Promise<void>;
}

/** A bus with services that answer the shelf's contract, and gateways in front of it. */
export class Ground {
  /** What an operation answers, by its name; the others are parsed as a service would and answer what they were sent. */
  readonly answers = new Map<string, (seen: Seen) => Reply | Promise<Reply>>();
  readonly seen = new Map<string, Seen>();
  jwksAsked = 0;
  /** What identity gives for an API key: by default nobody has it. */
  exchange: (key: string) => Promise<Reply> = async () => this.problem(InvalidApiKey());
  exchanges = 0;
  /** Published beside the one that signs `token`s. */
  readonly otherKeys: JWK[] = [];
  private readonly gateways: Gateway[] = [];
  private readonly parts: OpenPart[] = [];

  private constructor(
    private readonly folder: string,
    readonly nats: OpenPart,
    private readonly nc: NatsConnection,
    readonly signingKey: CryptoKey,
    readonly publicJwk: JWK,
  ) {}

  static async open(): Promise<Ground> {
    const folder = await mkdtemp(join(tmpdir(), 'mela-api-'));
    const nats = await openPart('nats', { dataDir: folder, env: {}, throwaway: true });
    const nc = await connectBus({ url: nats.url, name: 'shelf' });
    await ensureStream(nc);
    const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
    const ground = new Ground(folder, nats, nc, privateKey, { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'Ed25519', use: 'sig' });
    await ground.serve();
    return ground;
  }

  /** Each one its own, so that a test may kill it. */
  async redis(): Promise<OpenPart> {
    const redis = await openPart('redis', { dataDir: join(this.folder, `redis-${this.parts.length}`), env: {}, throwaway: true });
    this.parts.push(redis);
    return redis;
  }

  async gateway(environment: Record<string, string> = {}, catalogue: Catalogue = shelves): Promise<Gateway> {
    const lines: LogLine[] = [];
    const sink = new Writable({ write: (chunk, _encoding, done) => (lines.push(JSON.parse(String(chunk))), done()) });
    const all = {
      NATS_URL: this.nats.url, REDIS_URL: 'redis://127.0.0.1:1', CURSOR_SECRET: 'f'.repeat(40), API_PORT: '0', RATE_LIMITS: 'off', LOG_LEVEL: 'debug', ...environment,
    };
    const settings = ProcessSettings.parse(all);
    const process: Process = { environment: all, settings, log: createLog('debug', sink), metrics: new Registry(), health: new Health(), local: undefined, poolShare: 1 };
    const running: Running = await apiGatewayOf(catalogue).start(process);
    const gateway = { address: running.addresses!['api']!, lines, process, stop: () => running.stop() };
    this.gateways.push(gateway);
    return gateway;
  }

  problem(refusal: Refusal): Reply {
    return jsonReply(problem(refusal, undefined), { 'content-type': PROBLEM }, refusal.status);
  }

  async token(
    claims: { sub?: string; sid?: string; iss?: string; aud?: string; expiresIn?: number; notBefore?: number; act?: { sub: string }; client_id?: string; scope?: string } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const jwt = new SignJWT({ sid: claims.sid ?? 's1', ...(claims.act ? { act: claims.act } : {}), ...(claims.scope === undefined ? {} : { client_id: claims.client_id, scope: claims.scope }) })
      .setProtectedHeader({ alg: 'Ed25519', kid: 'k1', typ: 'at+jwt' })
      .setSubject(claims.sub ?? 'asha').setIssuer(claims.iss ?? 'mela').setAudience(claims.aud ?? 'mela')
      .setIssuedAt(now).setExpirationTime(now + (claims.expiresIn ?? 600));
    if (claims.notBefore !== undefined) jwt.setNotBefore(now + claims.notBefore);
    return jwt.sign(this.signingKey);
  }

  /** Said as its owner says it, to whoever hears of it. */
  async say<E extends EventType>(type: E, data: DataOf<E>): Promise<void> {
    const { subject, headers: attributes, payload } = seal(type, { id: id(1), version: 1 }, data, { source: '/mela/shelf' });
    const carried = headers();
    for (const [name, value] of Object.entries(attributes)) carried.set(name, value);
    await jetstream(this.nc).publish(subject, payload, { headers: carried });
  }

  async close(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.stop()));
    await this.nc.close();
    for (const part of [...this.parts, this.nats]) await part.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async serve(): Promise<void> {
    const server = new OperationServer(this.nc, 'shelf');
    for (const operation of operationsOf(shelf))
      if (operation.name !== 'absent') server.serve(operation.subject, this.serveOf(operation));
    server.serve(identity.jwks.subject, async () => {
      this.jwksAsked++;
      return jsonReply({ keys: [this.publicJwk, ...this.otherKeys] });
    });
    server.serve(identity.exchangeApiKey.subject, async (body) => {
      this.exchanges++;
      return this.exchange((JSON.parse(new TextDecoder().decode(body)) as { key: string }).key);
    });
    await this.listen(server);
  }

  /** What the pages of accounts ask is answered, too. */
  async hostAccounts(): Promise<void> {
    const server = new OperationServer(this.nc, 'identity');
    for (const operation of ofAccounts) server.serve(operation.subject, this.serveOf(operation));
    await this.listen(server);
  }

  private async listen(server: OperationServer): Promise<void> {
    await new Promise<void>((resolve, reject) => server.listen((error?: unknown) => (error ? reject(error) : resolve())));
    await this.nc.flush();
  }

  private serveOf(operation: Operation): Serve {
    const asAService = wrap([traced, answered(log), timed(), parsed], async ({ input }) => ({ input }));
    return async (body, headers) => {
      const seen: Seen = { body: new TextDecoder().decode(body), headers, params: JSON.parse(headers(header.params) ?? '{}') };
      this.seen.set(operation.name, seen);
      const own = this.answers.get(operation.name);
      return own ? own(seen) : ((await asAService({ operation, body, headers, replyHeaders: new Map() })) as Reply);
    };
  }
}
