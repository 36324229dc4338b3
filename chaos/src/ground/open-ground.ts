import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { busEnvironment, databaseSetting } from '@mela/chassis';
import { allTargets, passwordName, prepareSchemas, prepareStream, servicesOf, settingNames, usersOf } from '@mela/cli';
import { choosePort, openPart, type OpenPart, type PartName } from '@mela/infra';
import { openOidcSandbox, openSandbox, type Mailbox } from '@mela/sandbox';
import { witness } from '../witness/witness.ts';
import type { Ground } from './ground.ts';
import { KeptAlive } from './kept-alive.ts';
import type { Link } from './link.ts';
import { openLink } from './proxy.ts';
import type { Role } from './role.ts';
import { prepareSmallDisk } from './small-disk.ts';

/** All in one process, or one process for each target. */
export type Shape = 'all' | 'separate';

export interface OpenGround extends Ground {
  readonly shape: Shape;
  readonly api: string;
  readonly realtime: string;
  readonly natsUrl: string;
  /** Where people read what was sent. */
  readonly mailbox: Mailbox;
  /** Each service's own database URL, past the links. */
  readonly databases: Readonly<Record<string, string>>;
  /** Kept, all that the servers had is found in the folder. */
  close(options: { readonly keep: boolean }): Promise<void>;
}

interface Options {
  readonly folder: string;
  readonly shape: Shape;
  /** On top of the usual, for every role. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A role ended though nobody had ended it. */
  readonly died: (role: string, how: string, wasReady: boolean) => void;
}

const targets = [...allTargets, witness];
const partNames: readonly PartName[] = ['postgres', 'nats', 'redis'];
const PATIENCE_MS = 60_000;
/** A mail that went wrong, or whose process died, is tried again within the time that a run waits for what is left. */
const SOON = { MAIL_RETRY_SECONDS: '1', MAIL_TIMEOUT_SECONDS: '5', MAIL_SWEEP_SECONDS: '2' };
/** Whatever whoever runs this wants to read elsewhere: what the bus refuses is read from the roles' logs. */
export const ROLE_LOG_LEVEL = 'warn';

/** Servers that keep what they promised, a line from every role to each of them, and every role alive. */
export async function openGround({ folder, shape, environment = {}, died }: Options): Promise<OpenGround> {
  await mkdir(join(folder, 'logs'), { recursive: true });
  const closing: ((keep: boolean) => Promise<unknown>)[] = [];
  const close: OpenGround['close'] = async ({ keep }) => {
    const faults: Error[] = [];
    // What cannot be closed keeps nothing else open.
    for (const step of closing.splice(0).toReversed()) await step(keep).catch((fault: Error) => faults.push(fault));
    if (faults.length > 0) throw new AggregateError(faults, `Not everything was closed: ${faults.map(({ message }) => message).join('; ')}`);
  };
  try {
    const disk = await prepareSmallDisk(folder);
    if (disk) closing.push((keep) => disk.release(keep));
    const opened = await Promise.all(
      partNames.map(async (part) => {
        const open = await openPart(part, { dataDir: folder, env: {}, natsUsers: usersOf(targets) });
        closing.push(() => open.stop());
        return open;
      }),
    );
    const parts = Object.fromEntries(partNames.map((part, place) => [part, opened[place]!])) as Record<PartName, OpenPart>;

    const outside = await openSandbox({ env: {} });
    closing.push(() => outside.stop());
    const provider = await openOidcSandbox({ env: {} });
    closing.push(() => provider.stop());

    const services = servicesOf(targets);
    const passwords = Object.fromEntries(services.map(({ name }) => [passwordName(name), randomBytes(16).toString('hex')]));
    const schemas = await prepareSchemas({ services, environment: {}, adminUrl: parts.postgres.url, passwords });
    await prepareStream({ NATS_URL: parts.nats.url });
    const databases = Object.fromEntries(schemas.map(({ service, url }) => [service, url]));

    const secrets = settingNames(targets).filter((name) => name.endsWith('_SECRET'));
    const taken: number[] = [];
    const freePort = async () => {
      const { port } = await choosePort({ port: 0, explicit: false, setting: 'PORT', avoid: taken });
      taken.push(port);
      return String(port);
    };
    const shared = {
      ...Object.fromEntries(secrets.map((name) => [name, randomBytes(32).toString('hex')])),
      API_PORT: await freePort(),
      REALTIME_PORT: await freePort(),
      // Everybody comes from here: their addresses are what they say.
      TRUST_PROXY: 'loopback',
      ADDRESS_LIMIT: '1000000',
      ...outside.settings,
      ...provider.settings,
      MAIL_FROM: 'Mela <mela@mela.example>',
      WEB_URL: 'http://localhost:3000',
      ...SOON,
      LOG_LEVEL: ROLE_LOG_LEVEL,
      DATABASE_CONNECTIONS: shape === 'all' ? '60' : '20',
    };

    const links = new Map<string, Link>();
    const start = async (name: string): Promise<KeptAlive> => {
      const through = async (part: PartName, url: string): Promise<string> => {
        const linked = new URL(url);
        const key = `${name}:${part}`;
        if (!links.has(key)) links.set(key, await openLink({ host: linked.hostname, port: Number(linked.port) }));
        linked.port = String(links.get(key)!.port);
        return linked.href;
      };
      const urls: Record<string, string> = { ...busEnvironment(await through('nats', parts.nats.url), parts.nats.passwords), REDIS_URL: await through('redis', parts.redis.url) };
      for (const [service, url] of Object.entries(databases)) urls[databaseSetting(service)] = await through('postgres', url);
      return new KeptAlive({ name, environment: { ...shared, ...urls, ...environment }, logFile: join(folder, 'logs', `${name}.log`), died: (how, wasReady) => died(name, how, wasReady) });
    };
    const names = shape === 'all' ? ['all'] : targets.map(({ name }) => name);
    const roles: KeptAlive[] = [];
    for (const name of names) roles.push(await start(name));
    closing.push(() => Promise.all([...links.values()].map((link) => link.close())), () => Promise.all(roles.map((role) => role.end())));
    await within(PATIENCE_MS, Promise.all(roles.map((role) => role.ready())), `Not every role was ready within ${PATIENCE_MS / 1_000} s: see ${join(folder, 'logs')}`);

    return {
      folder, shape, parts, roles, databases, disk,
      api: `http://127.0.0.1:${shared.API_PORT}`,
      realtime: roles.map(({ addresses }) => addresses['realtime']).find((address) => address !== undefined)!,
      natsUrl: parts.nats.url,
      mailbox: outside.mailbox,
      smtp: outside.smtp,
      link: (role: Role, part: PartName) => links.get(`${role.name}:${part}`)!,
      close,
    };
  } catch (fault) {
    // Why it did not open says more than what did not close then.
    await close({ keep: true }).catch(() => undefined);
    throw fault;
  }
}

async function within<R>(ms: number, work: Promise<R>, otherwise: string): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new Error(otherwise)), ms)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
