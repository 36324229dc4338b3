import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineService } from '@mela/chassis';
import { service } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PaperTerminal } from '../../test/paper-terminal.ts';
import { mela } from '../mela.ts';
import { projectRoot } from '../project.ts';
import { allTargets } from '../targets.ts';
import { stackOf } from './compose.ts';
import { stackSecrets } from './stack-secrets.ts';

async function printed(...words: string[]): Promise<string> {
  const terminal = new PaperTerminal();
  expect(await mela(['deploy', ...words], terminal)).toBe(0);
  return terminal.stdout;
}

const inRepository = (path: string) => readFile(join(projectRoot, path), 'utf8');

it('docker-compose.yml is what the targets come to: `node cli/bin/mela.mjs deploy compose > docker-compose.yml`', async () => {
  expect(await inRepository('docker-compose.yml')).toBe(await printed('compose'));
});

it('deploy/Dockerfile is what the packages come to: `node cli/bin/mela.mjs deploy dockerfile > deploy/Dockerfile`', async () => {
  expect(await inRepository('deploy/Dockerfile')).toBe(await printed('dockerfile'));
});

it('deploy/nats-users.conf is what the manifests come to: `node cli/bin/mela.mjs deploy nats > deploy/nats-users.conf`', async () => {
  expect(await inRepository('deploy/nats-users.conf')).toBe(await printed('nats'));
});

it('the compose file reads as the model that programs get', async () => {
  // dclint brings the parser along; it is what reads the file there.
  const { createRequire } = await import('node:module');
  const { parse } = createRequire(import.meta.resolve('dclint'))('yaml') as { parse(text: string): unknown };
  expect(parse(await printed('compose'))).toEqual(JSON.parse(await printed('compose', '--json')));
});

describe('the stack', () => {
  it('has a container for every target, that hosts it and nothing else', () => {
    const { services } = stackOf(allTargets);
    for (const { name } of allTargets) expect(services[name]?.command).toEqual(['run', name]);
    expect(Object.keys(services).sort()).toEqual([...allTargets.map(({ name }) => name), 'migrate', 'nats', 'postgres', 'redis'].sort());
  });

  it('publishes the gateways’ ports, on this machine alone, and no other', () => {
    const published = Object.entries(stackOf(allTargets).services).flatMap(([name, { ports }]) => (ports === undefined ? [] : [[name, ports]]));
    expect(Object.fromEntries(published)).toEqual({
      api: [{ target: 8080, host_ip: '${STACK_HOST:-127.0.0.1}', published: '${STACK_API_PORT:-8080}' }],
      realtime: [{ target: 8081, host_ip: '${STACK_HOST:-127.0.0.1}', published: '${STACK_REALTIME_PORT:-8081}' }],
    });
  });

  it('holds no secret, and lets nothing start without one', () => {
    const text = JSON.stringify(stackOf(allTargets));
    const asked = new Set([...text.matchAll(/\$\{(\w+):\?make it with[^}]+\}/g)].map(([, name]) => name));
    expect([...asked].sort()).toEqual([...stackSecrets(allTargets)].sort());
    for (const [, value] of text.matchAll(/(?:PASSWORD|SECRET|AUTH)":"([^,]*)/g)) expect(value).toContain(':?');
  });

  it('asks a person where mails go and who they are from, and for nothing else', () => {
    const asked = new Set([...JSON.stringify(stackOf(allTargets)).matchAll(/\$\{(\w+):\?set it in \.env\}/g)].map(([, name]) => name));
    expect([...asked].sort()).toEqual(['STACK_MAIL_FROM', 'STACK_SMTP_URL', 'STACK_WEB_URL']);
  });

  it('leads out of its private network from the gateways, and from what speaks with servers that are not Mela’s', () => {
    const out = Object.entries(stackOf(allTargets).services).filter(([, { networks }]) => JSON.stringify(networks).includes('outside')).map(([name]) => name);
    expect(out).toEqual(['api', 'identity', 'notifications', 'realtime']);
  });

  it('tells a container no secret of another service', () => {
    const { communities, api } = stackOf(allTargets).services;
    expect(JSON.stringify([communities, api])).not.toMatch(/IDENTITY_|POSTGRES_PASSWORD|OPERATOR_/);
  });
});

describe('a service added later', () => {
  const notices = defineService({
    hosts: service('notices', {}), entities: [], migrations: [], apis: [], providers: [],
    settings: z.object({ NOTICES_SEAL_SECRET: z.string(), NOTICES_PRINTER: z.url(), NOTICES_COPIES: z.coerce.number().default(1) }),
  });
  const later = stackOf([...allTargets, notices]).services;

  it('has its container, its role and its secrets, by regenerating alone', () => {
    expect(later['notices']).toMatchObject({
      command: ['run', 'notices'],
      networks: ['inside'],
      environment: {
        NOTICES_DATABASE_URL: expect.stringMatching(/^postgres:\/\/mela_notices:\$\{STACK_NOTICES_DATABASE_PASSWORD:\?.*\}@postgres:5432\/mela$/),
        NOTICES_SEAL_SECRET: expect.stringContaining('${STACK_NOTICES_SEAL_SECRET:?'),
      },
    });
    expect(later['migrate']?.environment).toHaveProperty('NOTICES_DATABASE_PASSWORD');
    for (const container of ['notices', 'nats']) expect(later[container]?.environment['NOTICES_NATS_PASSWORD']).toContain('${STACK_NOTICES_NATS_PASSWORD:?');
    expect(stackSecrets([...allTargets, notices])).toEqual(expect.arrayContaining(['STACK_NOTICES_DATABASE_PASSWORD', 'STACK_NOTICES_SEAL_SECRET']));
  });

  it('asks a person for what nobody can make up, and for nothing that has a default', () => {
    expect(later['notices']?.environment['NOTICES_PRINTER']).toBe('${STACK_NOTICES_PRINTER:?set it in .env}');
    expect(later['notices']?.environment).not.toHaveProperty('NOTICES_COPIES');
  });

  it('shares the database’s connections with the others', () => {
    const many = Array.from({ length: 15 }, (_, index) => `notices${index}`).map((name) => ({ ...notices, name, needs: () => ({ name }) }));
    const shares = Object.values(stackOf(many).services).map(({ environment }) => Number(environment['DATABASE_CONNECTIONS'] ?? 0));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(80);
  });
});
