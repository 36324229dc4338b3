import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { communities, identity } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/api.ts';
import { stackOf } from '../src/deploy/compose.ts';
import type { Container } from '../src/deploy/container.ts';
import { entrypoint, healthCheck, imageEnvironment } from '../src/deploy/image.ts';
import { missingSecrets } from '../src/deploy/stack-secrets.ts';
import { projectRoot } from '../src/project.ts';
import { allTargets } from '../src/targets.ts';

// What docker-compose.yml says of each container, done without Docker: the same commands, with the same variables and no
// others, in the same order. Only where the servers are found differs, and the ports are free ones.

const { services } = stackOf(allTargets);
// And what a person says, since nobody can make it up: the mails of this test go nowhere.
const toldByPeople = { STACK_SMTP_URL: 'smtp://127.0.0.1:9?tls=off', STACK_MAIL_FROM: 'Mela <mela@mela.example>', STACK_WEB_URL: 'https://app.mela.example' };
const secrets: Record<string, string> = { ...missingSecrets(allTargets, undefined), ...toldByPeople };
const hosted = allTargets.map(({ name }) => name);

let data: string;
const servers: OpenPart[] = [];
const processes: ContainerProcess[] = [];
/** Where the stack's hosts are in this test: `nats:4222` → `127.0.0.1:…`. */
const hosts = new Map<string, string>();
let adminUrl: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-containers-'));
  const [postgres, redis] = await Promise.all((['postgres', 'redis'] as const).map((part) => openPart(part, { dataDir: data, env: {}, throwaway: true })));
  servers.push(postgres!, redis!);
  adminUrl = postgres!.url;
  const { host, pathname } = new URL(adminUrl);
  hosts.set('@postgres:5432/mela', `@${host}${pathname}`);
  hosts.set(`:${secrets['STACK_REDIS_PASSWORD']}@redis:6379`, `:${new URL(redis!.url).password}@${new URL(redis!.url).host}`);
});

afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  for (const server of servers) await server.stop();
  await rm(data, { recursive: true, force: true });
});

/** As docker compose fills in a file's variables. */
const filledIn = (text: string): string =>
  text
    .replace(/\$\{(\w+):\?([^}]*)\}/g, (_all, name: string, how: string) => {
      if (secrets[name] === undefined) throw new Error(`${name}: ${how}`);
      return secrets[name];
    })
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1');

function environmentOf({ environment }: Container): Record<string, string> {
  const here = (text: string) => [...hosts].reduce((url, [there, place]) => url.replace(there, place), text);
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, name === 'DATABASE_ADMIN_URL' ? adminUrl : here(filledIn(value))]));
}

class ContainerProcess {
  private readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  said = '';

  constructor([program, ...args]: readonly string[], env: Record<string, string>) {
    this.process = spawn(program!, args, { cwd: projectRoot, env: { PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout!, this.process.stderr!]) stream.on('data', (chunk) => (this.said += String(chunk)));
    this.ended = new Promise((resolve) => this.process.once('close', resolve));
    processes.push(this);
  }

  /** A container of Mela: nothing of it may be written to, and no process started. */
  static ofMela(name: string): ContainerProcess {
    const container = services[name]!;
    const elsewhere = { OPS_PORT: '0', API_PORT: '0', REALTIME_PORT: '0', NODE_OPTIONS: '--permission --allow-fs-read=* --allow-worker --disable-warning=PERM0006' };
    return new ContainerProcess([...entrypoint, ...container.command], { ...imageEnvironment(allTargets), ...environmentOf(container), ...elsewhere });
  }

  /** What the pattern's group found, as soon as it is said. */
  async says(pattern: RegExp): Promise<string> {
    const ended = this.ended.then((code) => Promise.reject(new Error(`It ended with ${code}:\n${this.said}`)));
    const said = vi.waitFor(() => pattern.exec(this.said)?.[1] ?? expect.fail(`It has not said ${pattern}:\n${this.said}`), { timeout: 60_000, interval: 20 });
    return Promise.race([said, ended]);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.ended;
  }
}

/** The bus with the stack's own configuration: the program is found as for a private server, and started anew. */
async function startBus(): Promise<void> {
  const found = await openPart('nats', { dataDir: data, env: {}, throwaway: true });
  const program = await programOf(found.pid!);
  await found.stop();
  const { port, hostname } = new URL(found.url);
  const container = services['nats']!;
  const mounted: Record<string, string> = { '/etc/nats/nats.conf': join(projectRoot, 'deploy/nats.conf'), '/data': join(data, 'jetstream') };
  const command = container.command.slice(1).map((word) => mounted[word] ?? filledIn(word));
  const here = ['--addr', hostname, '--port', port, '--http_port', '-1'];
  await new ContainerProcess([program, ...command, ...here], environmentOf(container)).says(/(Server is ready)/);
  hosts.set('//nats:4222', `//${hostname}:${port}`);
}

const programOf = async (pid: number): Promise<string> =>
  process.platform === 'linux' ? readlink(`/proc/${pid}/exe`) : (await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)])).stdout.trim();

describe('docker compose up, without Docker', () => {
  beforeAll(async () => {
    await startBus();
    const migrate = ContainerProcess.ofMela('migrate');
    expect(await migrate.ended, migrate.said).toBe(0);
  }, 120_000);

  it('migrates, and has nothing left to migrate the second time', async () => {
    const again = ContainerProcess.ofMela('migrate');
    expect(await again.ended, again.said).toBe(0);
    for (const line of again.said.trim().split('\n')) expect(line).toMatch(/up to date$/);
  });

  it.each(hosted)('%s is found healthy by the image’s own check, and ends with 0 when it is told to', async (name) => {
    const one = ContainerProcess.ofMela(name);
    const check = { OPS_PORT: await one.says(/ops +http:\S+:(\d+)/) };
    await vi.waitFor(async () => expect(await new ContainerProcess(healthCheck, check).ended).toBe(0), { timeout: 15_000, interval: 100 });
    expect(await one.stop(), one.said).toBe(0);
    expect(await new ContainerProcess(healthCheck, check).ended).toBe(1);
  }, 120_000);

  it('serves: a person registers, founds a community, posts and reads it', async () => {
    const stack = new Map(hosted.map((name) => [name, ContainerProcess.ofMela(name)]));
    await Promise.all([...stack.values()].map((one) => one.says(/(ops +http:\S+)/)));
    const port = await stack.get('api')!.says(/api +http:\S+:(\d+)/);
    const asking = new Api(`http://127.0.0.1:${port}`);
    const mira = { email: 'mira@mela.example', password: 'a-long-password' };
    await asking.must(identity.register, { ...mira, name: 'Mira' });
    const { accessToken: token } = await asking.must(identity.signIn, mira);
    const { id: communityId } = await asking.must(communities.create, { name: 'Lake walkers', about: 'Round the lake' }, { token });
    await asking.must(communities.createPost, { communityId, body: 'At seven, at the boathouse' }, { token });
    const { items } = await asking.must(communities.listPosts, { communityId, limit: 10 }, { token });
    expect(items.map(({ body }) => body)).toEqual(['At seven, at the boathouse']);
  }, 120_000);
});

it('docker compose starts nothing without .env, and says how it is made', () => {
  const lacking = secrets['STACK_CURSOR_SECRET']!;
  delete secrets['STACK_CURSOR_SECRET'];
  try {
    expect(() => environmentOf(services['api']!)).toThrow('STACK_CURSOR_SECRET: make it with: npx mela deploy secrets');
  } finally {
    secrets['STACK_CURSOR_SECRET'] = lacking;
  }
});
