import type { Target } from '@mela/chassis';
import { servicesOf } from '../targets.ts';
import type { Container } from './container.ts';
import { givenOr } from './given.ts';
import { imageName } from './image.ts';
import { partsOf } from './parts.ts';
import { environmentOf, migrationEnvironment, portsOf } from './settings.ts';
import { yaml, type Yaml } from './yaml.ts';

export interface Stack {
  readonly name: string;
  readonly services: Readonly<Record<string, Container>>;
  readonly networks: Yaml;
  readonly volumes: Yaml;
}

const heading = `# Written by \`mela deploy compose\` from the targets and their settings; a test compares it. Change it with an override file.
#
# The secrets come from .env, which \`npx mela deploy secrets\` makes; without it nothing starts. Where mails go stands there, too: STACK_SMTP_URL,
# STACK_MAIL_FROM and STACK_WEB_URL.
# ALLOW_PLAINTEXT: this is production on one machine, where the network \`inside\` is private to these containers and
# leaves the machine nowhere, so that its connections do without TLS. The gateways listen on this machine alone:
# in front of them stands a proxy of yours that speaks TLS.
# Any setting of .env.example can be added in deploy/settings.env, for all containers of Mela.
`;

/** What a laptop has with \`npm start\`, a container each. */
export function stackOf(targets: readonly Target[]): Stack {
  const containers: Record<string, Container> = {
    ...partsOf(targets),
    migrate: migration(targets),
    ...Object.fromEntries(targets.map((target) => [target.name, hosting(target, targets)])),
  };
  return {
    name: 'mela',
    services: byName(containers),
    networks: { inside: { internal: true }, outside: {} },
    volumes: { nats: {}, postgres: {}, redis: {} },
  };
}

export const composeFile = (targets: readonly Target[]): string => heading + yaml({ ...stackOf(targets) });

/** Keys stand in the order that dclint wants. */
const ours = (own: Readonly<Record<string, Yaml | undefined>> & { environment: Record<string, string>; command: readonly string[] }): Container => {
  const { build, pull_policy, depends_on, environment, ports, networks, command, restart, healthcheck, mem_limit } = own;
  const container = {
    image: imageName,
    build,
    depends_on,
    environment,
    env_file: [{ path: 'deploy/settings.env', required: false }],
    ports,
    networks,
    command,
    restart,
    healthcheck,
    logging: { driver: 'local' },
    cap_drop: ['ALL'],
    init: true,
    mem_limit,
    pull_policy,
    read_only: true,
    security_opt: ['no-new-privileges:true'],
    // What began is finished within 20 s; Docker alone would kill after 10.
    stop_grace_period: '25s',
    tmpfs: ['/tmp'],
  };
  return Object.fromEntries(Object.entries(container).filter(([, value]) => value !== undefined)) as unknown as Container;
};

const healthy = { condition: 'service_healthy' };

function hosting(target: Target, all: readonly Target[]): Container {
  const environment = environmentOf(target, all);
  const ports = portsOf(target).map(([setting, port]) => ({
    target: port,
    host_ip: givenOr('HOST', '127.0.0.1'),
    published: givenOr(setting, String(port)),
  }));
  return ours({
    depends_on: {
      migrate: { condition: 'service_completed_successfully' },
      nats: healthy,
      ...('REDIS_URL' in environment ? { redis: healthy } : {}),
    },
    environment,
    ports: ports.length === 0 ? undefined : ports,
    networks: ports.length === 0 && !isOutside(target) ? ['inside'] : ['inside', 'outside'],
    command: ['run', target.name],
    restart: 'unless-stopped',
    mem_limit: '384m',
    pull_policy: 'never',
  });
}

const isOutside = (target: Target): boolean => servicesOf([target]).some(({ outside }) => outside);

/** Roles, schemas and what they lack, and the stream, before anything else starts. It builds the image, and the others use it. */
const migration = (targets: readonly Target[]): Container =>
  ours({
    build: { context: '.', dockerfile: 'deploy/Dockerfile' },
    depends_on: { nats: healthy, postgres: healthy },
    environment: migrationEnvironment(servicesOf(targets)),
    networks: ['inside'],
    command: ['migrate'],
    restart: 'no',
    healthcheck: { disable: true },
    mem_limit: '384m',
    pull_policy: 'build',
  });

const byName = (containers: Readonly<Record<string, Container>>): Record<string, Container> =>
  Object.fromEntries(Object.entries(containers).sort(([a], [b]) => a.localeCompare(b)));
