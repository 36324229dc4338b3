import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPart, type OpenPart } from '@mela/infra';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis } from '../redis/open-redis.ts';
import type { Cache } from './cache.ts';
import { Caches } from './caches.ts';

let folder: string;
let redis: OpenPart;
const opened: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-cache-'));
  redis = await openPart('redis', { dataDir: folder, env: {}, throwaway: true });
});
afterAll(async () => {
  for (const close of opened) await close();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

const SUSPENDED = 'Redis does not answer: nothing is cached until it does';
const BACK = 'Redis answers again: what is asked often is cached';

/** What is cached, at its source: a version and a value that says which. */
class Source {
  readonly versions = new Map<string, number>();
  looks = 0;
  /** A look reads at once, and answers when this lets it. */
  gate: Promise<void> = Promise.resolve();

  async load(keys: readonly string[]) {
    this.looks++;
    const found = keys.flatMap((key) => (this.versions.has(key) ? [{ key, version: this.versions.get(key)!, value: `${key} ${this.versions.get(key)!}` }] : []));
    await this.gate;
    return found;
  }
}

let caches = 0;
/** Processes of one service that share a cache, and a Redis. */
async function processes(count: number, url = redis.url) {
  const name = `things-${++caches}`;
  const source = new Source();
  const told: string[] = [];
  const log = { debug() {}, error() {}, warn: (_: object, words: string) => void told.push(words), info: (_: object, words: string) => void told.push(words) };
  const metrics = new Registry();
  const all = await Promise.all(
    Array.from({ length: count }, async (): Promise<Cache<string>> => {
      const client = openRedis(url, 'spec');
      opened.push(() => client.disconnect());
      await client.connect();
      return new Caches({ redis: client, service: 'spec', log, metrics }).open({ name, seconds: 60, load: (keys) => source.load(keys) });
    }),
  );
  const measured = async () => {
    const { values } = await metrics.getSingleMetric('mela_cache_lookups_total')!.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels['outcome']), value]));
  };
  /** As a use case does it: the mark before the commit. */
  const change = async (cache: Cache<string>, key: string) => {
    const version = (source.versions.get(key) ?? 0) + 1;
    await cache.outdate(key, version);
    // Of two at once, the later one has the later version: a row is locked for less.
    source.versions.set(key, Math.max(version, source.versions.get(key) ?? 0));
  };
  return { name, source, told, metrics, measured, change, all, one: all[0]! };
}

const key = (name: string, of: string) => `cache:spec.${name}:${of}`;
async function raw<R>(work: (client: Redis) => Promise<R>): Promise<R> {
  const client = new Redis(redis.url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

describe('a cache', () => {
  it('loads what is not there, has it the next time, in every process, and measures both', async () => {
    const { source, measured, all: [one, other] } = await processes(2);
    source.versions.set('a', 1).set('b', 1);
    expect(await one!.get(['a', 'b', 'nothing'])).toEqual(new Map([['a', 'a 1'], ['b', 'b 1']]));
    expect(await other!.get(['b', 'a'])).toEqual(new Map([['b', 'b 1'], ['a', 'a 1']]));
    expect(source.looks).toBe(1);
    expect(await measured()).toEqual({ hit: 2, miss: 3 });
  });

  it('looks twice at the most for fifty who ask for the same at once', async () => {
    const { source, one } = await processes(1);
    source.versions.set('a', 1);
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.get(['a'])));
    expect(answers).toEqual(Array.from({ length: 50 }, () => new Map([['a', 'a 1']])));
    expect(source.looks).toBeLessThanOrEqual(2);
  });

  it('keeps an entry for as long as it was told, and a mark no longer', async () => {
    const { name, source, one, change } = await processes(1);
    source.versions.set('a', 1);
    await one.get(['a']);
    await change(one, 'b');
    const left = await raw((client) => Promise.all(['a', 'b'].map((of) => client.pttl(key(name, of)))));
    for (const ms of left) expect(ms).toBeGreaterThan(50_000);
    for (const ms of left) expect(ms).toBeLessThanOrEqual(60_000);
  });

  it('takes what it cannot read for absent', async () => {
    const { name, source, one } = await processes(1);
    source.versions.set('a', 1);
    for (const garbage of ['', 'garbage', '1 {', '1', ' ']) {
      await raw((client) => client.set(key(name, 'a'), garbage));
      expect(await one.get(['a'])).toEqual(new Map([['a', 'a 1']]));
      expect(await one.get(['a'])).toEqual(new Map([['a', 'a 1']]));
    }
  });
});

describe('what has changed', () => {
  it('is not read from any process’s memory of before', async () => {
    const { source, change, all: [one, other] } = await processes(2);
    source.versions.set('a', 1);
    await one!.get(['a']);
    await change(other!, 'a');
    expect(await one!.get(['a'])).toEqual(new Map([['a', 'a 2']]));
  });

  it('is not kept by whoever had read it before it changed', async () => {
    const { source, change, all: [one, other] } = await processes(2);
    source.versions.set('a', 1);
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    const early = one!.get(['a']);
    await expect.poll(() => source.looks).toBe(1);
    await change(other!, 'a');
    gate.resolve();
    expect(await early).toEqual(new Map([['a', 'a 1']]));
    expect(await other!.get(['a'])).toEqual(new Map([['a', 'a 2']]));
  });

  it('and is read before it was committed, is not kept as it was', async () => {
    const { source, one } = await processes(1);
    source.versions.set('a', 1);
    await one.outdate('a', 2);
    expect(await one.get(['a'])).toEqual(new Map([['a', 'a 1']]));
    source.versions.set('a', 2);
    expect(await one.get(['a'])).toEqual(new Map([['a', 'a 2']]));
    expect(source.looks).toBe(2);
  });

  it('and is known, is not forgotten when its event is heard', async () => {
    const { source, change, one } = await processes(1);
    await change(one, 'a');
    await one.get(['a']);
    await one.outdate('a', 1);
    await one.get(['a']);
    expect(source.looks).toBe(1);
  });

  it('is seen by everybody who asks after it did, however many change and ask at once in however many processes', async () => {
    const { source, change, all } = await processes(4);
    const keys = ['a', 'b', 'c'];
    for (const each of keys) source.versions.set(each, 1);
    const stale: string[] = [];
    const asks = async (n: number) => {
      for (let turn = 0; turn < 20; turn++) {
        const of = keys[(n + turn) % keys.length]!;
        if (n % 10 === 0) await change(all[n % all.length]!, of);
        const atLeast = source.versions.get(of)!;
        const seen = (await all[(n + turn) % all.length]!.get([of])).get(of);
        if (Number(seen!.split(' ')[1]) < atLeast) stale.push(`${seen}, and it was ${atLeast}`);
      }
    };
    await Promise.all(Array.from({ length: 60 }, (_, n) => asks(n)));
    expect(stale).toEqual([]);
  });
});

describe('while Redis', () => {
  const own = async () => {
    const part = await openPart('redis', { dataDir: await mkdtemp(join(folder, 'own-')), env: {} });
    opened.push(() => part.stop());
    return part;
  };
  /** Until a look is not needed any more. */
  const untilCached = ({ source, one }: { source: Source; one: Cache<string> }, of: string) =>
    expect.poll(async () => {
      const before = source.looks;
      await one.get([of]);
      return source.looks - before;
    }, { timeout: 15_000, interval: 100 }).toBe(0);

  it('has died, everything is loaded, one line says so, and it is cached again when it is back', async () => {
    const part = await own();
    const ground = await processes(1, part.url);
    const { source, one, told, metrics } = ground;
    source.versions.set('a', 1);
    await one.get(['a']);
    await part.crash();
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.get(['a'])));
    expect(answers).toEqual(Array.from({ length: 50 }, () => new Map([['a', 'a 1']])));
    expect(told).toEqual([SUSPENDED]);
    expect(await metrics.metrics()).toContain('mela_cache_suspended{service="spec"} 1');
    await part.restart();
    await untilCached(ground, 'a');
    expect(told).toEqual([SUSPENDED, BACK]);
    expect(await metrics.metrics()).toContain('mela_cache_suspended{service="spec"} 0');
  });

  it('was away, what changed meanwhile is not read from before when it is back', async () => {
    const part = await own();
    const ground = await processes(1, part.url);
    const { source, one, change, name } = ground;
    source.versions.set('a', 1).set('b', 1);
    await one.get(['a', 'b']);
    await part.crash();
    await change(one, 'a');
    expect(await one.get(['a'])).toEqual(new Map([['a', 'a 2']]));
    await part.restart();
    // As a Redis that kept what it had on its disk would have it.
    const client = new Redis(part.url);
    await client.set(key(name, 'a'), '1 "a 1"');
    client.disconnect();
    expect(await one.get(['a'])).toEqual(new Map([['a', 'a 2']]));
    await untilCached(ground, 'a');
    expect(await one.get(['a'])).toEqual(new Map([['a', 'a 2']]));
  });

  it('hangs, few wait a tenth of a second for it', async () => {
    const part = await own();
    const { source, one, told } = await processes(1, part.url);
    source.versions.set('a', 1);
    await one.get(['a']);
    process.kill(part.pid!, 'SIGSTOP');
    try {
      const begun = performance.now();
      for (let n = 0; n < 40; n++) expect(await one.get(['a'])).toEqual(new Map([['a', 'a 1']]));
      // Forty of them, one after another: each waiting its tenth would take four seconds.
      expect(performance.now() - begun).toBeLessThan(3_000);
      expect(told).toEqual([SUSPENDED]);
    } finally {
      process.kill(part.pid!, 'SIGCONT');
    }
  });
});
