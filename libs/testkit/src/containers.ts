import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { MELA } from './mela-process.ts';

const run = promisify(execFile);

export interface Containers {
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Where a Docker engine answers, the parts are containers of the versions that production runs, unless
 * `MELA_TEST_PARTS=private` says otherwise. Undefined where there is none: the parts are then found or started as for anyone.
 */
export async function startContainers(): Promise<Containers | undefined> {
  if (process.env['MELA_TEST_PARTS'] === 'private' || !(await engineAnswers())) return undefined;
  const { GenericContainer, Wait } = await import('testcontainers');
  const users = await usersOfTheBus();
  const passwords = Object.fromEntries(users.passwords.map((name) => [name, randomBytes(32).toString('hex')]));
  const [postgres, nats, redis] = await Promise.all([
    new GenericContainer('postgres:18-alpine')
      .withEnvironment({ POSTGRES_PASSWORD: 'test', POSTGRES_DB: 'mela' })
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
      .start(),
    new GenericContainer('nats:2.10.27-alpine')
      .withCopyContentToContainer([{ content: `jetstream: enabled\n${users.configuration}\n`, target: '/etc/nats/nats.conf' }])
      .withEnvironment(Object.fromEntries(Object.entries(passwords).map(([name, password]) => [name, `"${password}"`])))
      .withCommand(['--config', '/etc/nats/nats.conf'])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .start(),
    new GenericContainer('redis:8-alpine').withExposedPorts(6379).withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/)).start(),
  ]);
  const at = (container: typeof postgres, port: number) => `${container.getHost()}:${container.getMappedPort(port)}`;
  return {
    environment: {
      DATABASE_ADMIN_URL: `postgres://postgres:test@${at(postgres, 5432)}/mela`,
      NATS_URL: `nats://${at(nats, 4222)}`,
      ...passwords,
      REDIS_URL: `redis://${at(redis, 6379)}`,
    },
    stop: async () => {
      await Promise.all([postgres, nats, redis].map((container) => container.stop()));
    },
  };
}

/** Who may connect to the bus, as production is told; and the settings that hold their passwords. */
async function usersOfTheBus(): Promise<{ configuration: string; passwords: readonly string[] }> {
  const { stdout } = await run(process.execPath, [MELA, 'deploy', 'nats', '--json']);
  return JSON.parse(stdout) as { configuration: string; passwords: readonly string[] };
}

async function engineAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}
