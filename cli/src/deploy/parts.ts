import type { Target } from '@mela/chassis';
import type { Container } from './container.ts';
import { given, partPasswords } from './given.ts';
import { natsPasswordsOf } from './nats.ts';

const healthcheck = (test: readonly string[]) => ({ test, interval: '5s', timeout: '3s', retries: 12, start_period: '30s' });

const hardened = (memory: string) => ({ mem_limit: memory, security_opt: ['no-new-privileges:true'], stop_grace_period: '60s' });

/** The servers that Mela stands on. Their data lives in volumes, and nobody outside of the stack reaches them. */
export const partsOf = (targets: readonly Target[]): Readonly<Record<'postgres' | 'nats' | 'redis', Container>> => ({
  postgres: {
    image: 'postgres:18-alpine',
    volumes: ['postgres:/var/lib/postgresql'],
    environment: {
      POSTGRES_DB: 'mela',
      // The built-in locale sorts alike on every machine.
      POSTGRES_INITDB_ARGS: '--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C',
      POSTGRES_PASSWORD: given(partPasswords.postgres),
    },
    networks: ['inside'],
    command: ['postgres', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC'],
    restart: 'unless-stopped',
    // While it is being made, the database answers on its socket alone: over TCP it is the finished one.
    healthcheck: healthcheck(['CMD', 'pg_isready', '--host=127.0.0.1', '--username=postgres', '--dbname=mela']),
    logging: { driver: 'local' },
    ...hardened('768m'),
  },
  nats: {
    image: 'nats:2.10.27-alpine',
    volumes: ['nats:/data', './deploy/nats.conf:/etc/nats/nats.conf:ro', './deploy/nats-users.conf:/etc/nats/nats-users.conf:ro'],
    // The server reads a value as a piece of its configuration: without quotes, digits would be a number.
    environment: Object.fromEntries([...natsPasswordsOf(targets)].sort().map((name) => [name, `"${given(name)}"`])),
    networks: ['inside'],
    command: ['nats-server', '--config', '/etc/nats/nats.conf', '--store_dir', '/data'],
    restart: 'unless-stopped',
    healthcheck: healthcheck(['CMD', 'wget', '-q', '--spider', 'http://127.0.0.1:8222/healthz']),
    logging: { driver: 'local' },
    ...hardened('512m'),
  },
  redis: {
    image: 'redis:8-alpine',
    volumes: ['redis:/data'],
    // For the check of its health.
    environment: { REDISCLI_AUTH: given(partPasswords.redis) },
    networks: ['inside'],
    command: ['redis-server', '--appendonly', 'yes', '--maxmemory', '192mb', '--maxmemory-policy', 'noeviction', '--requirepass', given(partPasswords.redis)],
    restart: 'unless-stopped',
    healthcheck: healthcheck(['CMD', 'redis-cli', '-e', 'ping']),
    logging: { driver: 'local' },
    ...hardened('256m'),
  },
});
