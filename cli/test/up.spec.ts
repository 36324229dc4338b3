import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { communities, identity, isRefusal } from '@mela/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/api.ts';
import { runners } from '../src/demo/world.ts';
import { Started, type Ready } from './started.ts';

let data: string;
const started: Started[] = [];
const start = (one: Started): Started => {
  started.push(one);
  return one;
};

beforeEach(async () => void (data = await mkdtemp(join(tmpdir(), 'mela-up-'))));
afterEach(async () => {
  for (const one of started.splice(0)) await one.end();
  await rm(data, { recursive: true, force: true });
});

async function postsOfRunners({ api, people }: Ready) {
  const asking = new Api(api);
  const { accessToken } = await asking.must(identity.signIn, people[0]!);
  const { communities: ids } = JSON.parse(await readFile(join(data, 'demo.json'), 'utf8')) as { communities: Record<string, string> };
  const { items } = await asking.must(communities.listPosts, { communityId: ids[runners.name]!, limit: 10 }, { token: accessToken });
  return items.map(({ body }) => body);
}

describe('mela up', () => {
  it('--ephemeral is ready with people who can sign in, and leaves nothing when it is told to end', async () => {
    const up = start(Started.mela(`up --ephemeral --json --data ${data}`));
    const { api, realtime, people } = await up.json();
    expect(realtime).toMatch(/^ws:\/\//);
    expect(people.length).toBeGreaterThanOrEqual(2);
    for (const person of people) expect(isRefusal(await new Api(api).ask(identity.signIn, person))).toBe(false);
    expect((await stat(join(data, 'secrets.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(data, 'development.env'))).mode & 0o777).toBe(0o600);

    const family = up.family();
    up.kill('SIGTERM');
    expect(await up.exit).toBe(0);
    await family.isGone(5_000);
    expect(existsSync(data)).toBe(false);
  });

  it('survives a kill -9: nothing stays behind, and the next start has the data within 15 s', async () => {
    const first = start(Started.mela(`up --json --data ${data}`));
    const posts = await postsOfRunners(await first.json());
    expect(posts).toHaveLength(runners.posts.length);
    const family = first.family();

    const second = start(Started.mela(`up --json --data ${data}`));
    expect(await second.json()).toMatchObject({ code: 'up.running', pid: family.pid('cli/bin/mela.mjs') });
    expect(await second.exit).toBe(1);

    first.kill('SIGKILL');
    await family.isGone(5_000);

    const again = performance.now();
    const third = start(Started.mela(`up --json --data ${data}`));
    const ready = await third.json();
    expect(performance.now() - again).toBeLessThan(15_000);
    expect(await postsOfRunners(ready)).toEqual(posts);
    third.kill('SIGINT');
    expect(await third.exit).toBe(130);
    expect(existsSync(join(data, 'state.json'))).toBe(false);
  });

  it('goes on when NATS dies, and stops everything with 1, naming the log, when Redis does nothing but die', async () => {
    const up = start(Started.mela(`up --ephemeral --json --data ${data}`));
    const ready = await up.json();
    const family = up.family();
    const die = async (part: string, news: string) => {
      const { pid } = JSON.parse(await readFile(join(data, part, 'server.json'), 'utf8')) as { pid: number };
      const heard = up.stderr.length;
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(up.stderr.slice(heard)).toContain(news), { timeout: 15_000, interval: 20 });
    };
    await die('nats', 'NATS is back');
    const api = new Api(ready.api);
    await vi.waitFor(async () => expect(isRefusal(await api.ask(identity.signIn, ready.people[0]!))).toBe(false), { timeout: 15_000, interval: 100 });

    for (let time = 1; time <= 3; time++) await die('redis', 'Redis is back');
    await die('redis', `is given up; its log is ${join(data, 'redis', 'server.log')}`);
    expect(await up.exit).toBe(1);
    await family.isGone(5_000);
  }, 60_000);

  it('stops everything with 1 when the guardian of the servers dies', async () => {
    const up = start(Started.mela(`up --ephemeral --json --data ${data}`));
    await up.json();
    const family = up.family();
    process.kill(family.pid('guardian'), 'SIGKILL');
    expect(await up.exit).toBe(1);
    expect(up.stderr).toContain('The guardian of the servers died');
    await family.isGone(5_000);
  });

  it('refuses a database whose secrets are gone', async () => {
    const first = start(Started.mela(`up --parts-only --json --data ${data}`));
    await first.json();
    first.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    await rm(join(data, 'secrets.json'));
    const second = start(Started.mela(`up --parts-only --json --data ${data}`));
    expect(await second.json<object>()).toMatchObject({ code: 'secrets.missing', message: expect.stringContaining(join(data, 'secrets.json')), hint: expect.stringContaining('Restore it') });
    expect(await second.exit).toBe(1);
    expect(existsSync(join(data, 'secrets.json'))).toBe(false);
  });

  it('stops at a chosen port that is taken, before it starts anything', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const up = start(Started.mela(`up --json --data ${data}`, { API_PORT: String(port) }));
    expect(await up.json<object>()).toMatchObject({ code: 'port.taken', port, message: expect.stringContaining(`pid ${process.pid}`) });
    expect(await up.exit).toBe(1);
    expect(existsSync(join(data, 'postgres'))).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });

  it('lets other processes join what it runs', async () => {
    const parts = start(Started.mela(`up --parts-only --json --data ${data}`));
    expect(await parts.json<object>()).toMatchObject({ environment: join(data, 'development.env') });
    const all = start(Started.mela(`run all --json --data ${data}`));
    const { addresses } = await all.json<{ addresses: Record<string, string> }>();
    const api = new Api(addresses['api']!);
    const { person } = await api.must(identity.register, { email: 'mira@mela.example', password: 'a-long-password', name: 'Mira' });
    expect(person.name).toBe('Mira');
    all.kill('SIGTERM');
    expect(await all.exit).toBe(0);
  });
});

describe('npm start', () => {
  it.each(['npm', 'start.mjs', 'mela.mjs'])('leaves nothing behind when %s is killed with -9', async (victim) => {
    const npm = start(Started.npm(`start -- --ephemeral --json --data ${data}`));
    await npm.json();
    const family = npm.family();
    process.kill(family.pid(victim), 'SIGKILL');
    await family.isGone(5_000);
  });
});
