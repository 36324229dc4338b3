import {
  Asker, ConsumerHost, Doorbell, ensureStream, handlingsOf, hearingOf, OperationServer, Relay, type ConsumerDefinition,
} from '@mela/bus';
import { AccessUnknown, SERVICE, type Refusal } from '@mela/contracts';
import type { INestMicroservice, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Client } from 'pg';
import { Registry } from 'prom-client';
import { authenticated } from '../access/authenticated.ts';
import { authorised } from '../access/authorised.ts';
import { membersReplica } from '../access/members-replica.ts';
import { ReplicatedMemberships, type Memberships } from '../access/memberships.ts';
import { RevokedSessions } from '../access/revoked-sessions.ts';
import { keysOverBus, TokenVerifier } from '../access/tokens.ts';
import { Caches } from '../cache/caches.ts';
import { dataSource } from '../database/data-source.ts';
import { Db } from '../database/db.ts';
import { pendingMigrations } from '../database/migrate.ts';
import { MindedClient } from '../database/minded-client.ts';
import type { Tx } from '../database/transaction.ts';
import { idempotent } from '../idempotency/idempotent.ts';
import { nestLogger } from '../process/log.ts';
import { erasing } from '../personal-data/erasing.ts';
import { exporting } from '../personal-data/exporting.ts';
import { openBus } from '../process/open-bus.ts';
import { Undo } from '../process/undo.ts';
import type { Process, Running } from '../process/target.ts';
import { openRedis } from '../redis/open-redis.ts';
import { Housekeeping } from './housekeeping.ts';
import { LOG, SETTINGS, type Manifest } from './manifest.ts';
import { measured } from './measured.ts';
import { askedBy } from './needs.ts';
import { pipeline, type Handler } from './pipeline.ts';

const REPLICA_TOO_OLD_MS = 30_000;

export interface ServiceSettings {
  databaseUrl: string;
  /** Of a service that keeps caches. */
  redisUrl: string | undefined;
  own: unknown;
  /** Types of the events that are this service's to say. */
  says: ReadonlySet<string>;
}

/** Brings one service up on its database and the bus, and takes it down in the opposite order. */
export async function startService(manifest: Manifest, process: Process, settings: ServiceSettings): Promise<Running> {
  const name = manifest.hosts[SERVICE];
  const log = process.log.child({ service: name });
  const undo = new Undo();
  const stop = () => undo.all();

  try {
    const nc = await openBus(process, name, log);
    undo.push(() => nc.close());
    await ensureStream(nc, { replicas: process.settings.NATS_REPLICAS });

    const source = await dataSource({ service: name, url: settings.databaseUrl, connections: process.poolShare, entities: [...manifest.entities] as Function[] }).initialize();
    undo.push(() => source.destroy());
    const bell = new Doorbell(nc, name);
    const db = new Db(source, name, bell, settings.says);
    await refuseOldSchema(db, name, manifest);

    const asker = new Asker({ nc, mayAsk: new Set(askedBy(manifest).map(({ id }) => id)), local: process.local });
    const app = await container(manifest, log, [
      { provide: Db, useValue: db },
      { provide: Asker, useValue: asker },
      { provide: Registry, useValue: process.metrics },
      { provide: LOG, useValue: log },
      { provide: SETTINGS, useValue: settings.own },
      ...(await cachesOf(process, log, name, settings.redisUrl, undo)),
    ], new OperationServer(nc, name));

    const consumers = consumersOf(manifest, app, asker);
    const host = new ConsumerHost<Tx>({ service: name, nc, db, consumers, log, metrics: process.metrics });
    const memberships = membershipsOf(manifest, app, db, asker, () => replicaTooOld(host, name));
    const relay = new Relay({ service: name, nc, connect: () => session(settings.databaseUrl, name), bell, log, metrics: process.metrics, replicas: process.settings.NATS_REPLICAS });
    const housekeeping = new Housekeeping(db, log, (manifest.tidies ?? []).map((tidies) => app.microservice.get(tidies)));

    const revoked = new RevokedSessions();
    undo.push(revoked.overhear({ nc, log }));
    const tokens = new TokenVerifier(keysOverBus(asker), Date.now, revoked);
    undo.push(tokens.keys.follow({ nc, log }));
    const parts = {
      log,
      measured: measured(process.metrics),
      authenticated: authenticated(tokens),
      authorised: authorised(memberships),
      idempotent: idempotent(db),
    };
    await relay.start();
    undo.push(() => relay.stop());
    await host.start();
    undo.push(() => host.stop());
    housekeeping.start();
    undo.push(() => housekeeping.stop());
    for (const api of manifest.apis)
      for (const { operation, method } of handlingsOf(api)) {
        const instance = app.microservice.get(api) as Record<string, Handler>;
        const serve = pipeline(operation, (input, caller) => instance[method]!(input, caller), parts);
        app.server.serve(operation.subject, serve);
        process.local?.open(operation.subject, serve);
        undo.push(() => process.local?.close(operation.subject));
      }
    undo.push(() => app.microservice.close());
    await app.microservice.listen();
    // Whoever asks from now on is answered: the server knows of every subscription.
    await nc.flush();

    watch(process, name, { nc, db, host, relay });
    return { stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

async function cachesOf({ metrics }: Process, log: Process['log'], service: string, url: string | undefined, undo: Undo): Promise<Provider[]> {
  if (url === undefined) return [];
  const redis = openRedis(url, service);
  undo.push(() => redis.disconnect());
  // Not insisted on: everything goes on without it.
  await redis.connect().catch(() => undefined);
  return [{ provide: Caches, useValue: new Caches({ redis, service, log, metrics }) }];
}

async function refuseOldSchema(db: Db, name: string, manifest: Manifest): Promise<void> {
  const client = { query: async (text: string, values?: unknown[]) => ({ rows: await db.query(text, values) }) };
  const pending = await pendingMigrations(client as never, manifest.migrations);
  if (pending.length > 0) throw new Error(`${name}: its schema lacks ${pending.map((step) => step.name).join(', ')}: run \`mela migrate\` first`);
}

interface Container {
  microservice: INestMicroservice;
  server: OperationServer;
}

async function container(manifest: Manifest, log: Process['log'], given: readonly Provider[], server: OperationServer): Promise<Container> {
  const members = typeof manifest.members === 'function' ? [manifest.members] : [];
  const module = {
    module: class ServiceModule {},
    providers: [...given, ...manifest.providers, ...manifest.apis, ...(manifest.reactions ?? []), ...members.filter((own) => !manifest.providers.includes(own))],
  };
  const microservice = await NestFactory.createMicroservice(module, { strategy: server, logger: nestLogger(log), abortOnError: false });
  return { microservice, server };
}

function consumersOf(manifest: Manifest, app: Container, asker: Asker): ConsumerDefinition<Tx>[] {
  const heard = (manifest.reactions ?? []).map((reaction): ConsumerDefinition<Tx> => {
    const instance = app.microservice.get(reaction as Type<Pick<ConsumerDefinition<Tx>, 'handle' | 'handleAll'>>);
    const many = instance.handleAll ? { handleAll: instance.handleAll.bind(instance) } : {};
    return { ...hearingOf(reaction)!, handle: (event, tx) => instance.handle(event, tx), ...many };
  });
  const name = manifest.hosts[SERVICE];
  const kept = manifest.personalData && app.microservice.get(manifest.personalData);
  return [
    ...heard,
    ...(manifest.members === 'replica' ? [membersReplica(name, asker)] : []),
    ...(kept ? [erasing(name, kept), exporting(name, kept, asker)] : []),
  ];
}

function membershipsOf(manifest: Manifest, app: Container, db: Db, asker: Asker, tooOld: () => Refusal | undefined): Memberships | undefined {
  if (manifest.members === 'replica') return new ReplicatedMemberships(db, asker, tooOld);
  return manifest.members && app.microservice.get(manifest.members);
}

function replicaTooOld(host: ConsumerHost<Tx>, name: string): Refusal | undefined {
  const replica = host.health().find(({ consumer }) => consumer === `${name}.members`);
  const fresh = replica?.state === 'running' && replica.knowledgeAgeMs <= REPLICA_TOO_OLD_MS;
  return fresh ? undefined : AccessUnknown('What is known of memberships is too old');
}

async function session(url: string, name: string): Promise<Client> {
  const client = new MindedClient({ connectionString: url, application_name: `mela-${name}-relay`, options: `-c search_path=${name}`, connectionTimeoutMillis: 3_000, keepAlive: true });
  await client.connect();
  return client;
}

interface Watched {
  nc: NatsConnection;
  db: Db;
  host: ConsumerHost<Tx>;
  relay: Relay;
}

/** What requests need. Events that wait for a bus that is away are the alerts' business: reads go on without them. */
function watch(process: Process, name: string, { nc, db, host, relay }: Watched): void {
  process.health.add({ name: `${name}.bus`, run: async () => void (await nc.rtt()) });
  process.health.add({ name: `${name}.database`, run: async () => void (await db.query('SELECT 1')) });
  process.health.add({ name: `${name}.relay`, run: () => (relay.health().recovering ? 'holds the stream against what was sent' : undefined) });
  process.health.add({
    name: `${name}.consumers`,
    run: () => host.health().filter(({ state }) => state === 'stopped').map(({ consumer, reason }) => `${consumer} stopped: ${reason}`).join('; ') || undefined,
  });
}
