import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Db, openRedis } from '@mela/chassis';
import { ProfileChanged, type EventOf } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import type { ServiceDatabase } from '@mela/testkit';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cachesIn, identityOn, openIdentityDatabase, somebodyIn } from '../../test/identity.fixture.ts';
import { OnProfileChanged } from '../reactions/profile-changed.ts';
import { viewerOf } from './card.ts';

let folder: string;
let redis: OpenPart;
let database: ServiceDatabase;
let client: Redis;
let kept: ReturnType<typeof cachesIn>;
let { profiles, cards } = {} as Awaited<ReturnType<typeof identityOn>>;
let someone: () => Promise<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-cards-'));
  [redis, database] = await Promise.all([openPart('redis', { dataDir: folder, env: {}, throwaway: true }), openIdentityDatabase()]);
  client = openRedis(redis.url, 'identity');
  await client.connect();
  kept = cachesIn(client);
  ({ profiles, cards } = await identityOn(database.db, {}, kept));
  someone = somebodyIn(database.db);
});
afterAll(async () => {
  kept?.close();
  await Promise.all([database?.close(), redis?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const stranger = viewerOf(undefined);
const bioOf = async (id: string, viewer = stranger) => (await cards.many(viewer, [id])).items[0]!.bio;

/** How many statements the database was asked while it ran. */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const asked = vi.spyOn(Db.prototype, 'query');
  try {
    await work();
    return asked.mock.calls.length;
  } finally {
    asked.mockRestore();
  }
}

describe('cards that are asked for again', () => {
  it('come from Redis, two hundred at once, without a look at the database', async () => {
    const people = await Promise.all(Array.from({ length: 200 }, someone));
    expect(await statements(() => cards.many(stranger, people))).toBe(1);
    expect(await statements(() => cards.many(stranger, people))).toBe(0);
    expect(await kept.metrics.metrics()).toMatch(/mela_cache_lookups_total\{cache="identity.people-1",outcome="hit"\} \d{3}/);
  });

  it('cost the database two looks, asked for by fifty at once', async () => {
    const asha = await someone();
    expect(await statements(() => Promise.all(Array.from({ length: 50 }, () => cards.many(stranger, [asha]))))).toBeLessThanOrEqual(2);
  });

  it('are the same for everybody, and shown to each as each may see them', async () => {
    const asha = await someone();
    await profiles.change(asha, { bio: 'Mine', visibility: { bio: 'nobody', email: 'members' } });
    expect([await bioOf(asha, viewerOf({ personId: asha })), await bioOf(asha)]).toEqual(['Mine', null]);
    expect((await cards.many({ isSignedIn: true }, [asha])).items[0]!.email).toBe(`${asha}@example.org`);
  });

  it('hold no e-mail address', async () => {
    const asha = await someone();
    await profiles.change(asha, { visibility: { email: 'everyone' } });
    await cards.many(stranger, [asha]);
    const entry = await client.get(`cache:identity.people-1:${asha}`);
    expect(entry).toContain('"name":"Asha"');
    expect(entry).not.toContain('@example.org');
  });
});

describe('a card that has changed', () => {
  it('is seen as it is by whoever asks afterwards, while fifty keep asking', async () => {
    const asha = await someone();
    let bio = null as string | null;
    let isOver = false;
    const stale: (string | null)[] = [];
    const asking = Promise.all(
      Array.from({ length: 50 }, async () => {
        while (!isOver) {
          const atLeast = Number(bio);
          const seen = await bioOf(asha);
          if (Number(seen) < atLeast) stale.push(seen);
        }
      }),
    );
    for (let n = 1; n <= 30; n++) {
      await profiles.change(asha, { bio: String(n) });
      bio = String(n);
    }
    isOver = true;
    await asking;
    expect(stale).toEqual([]);
    expect(await bioOf(asha)).toBe('30');
  });

  it('is known by its event, where whoever changed it could not say so', async () => {
    const asha = await someone();
    expect(await bioOf(asha)).toBeNull();
    const elsewhere = await identityOn(database.db);
    await elsewhere.profiles.change(asha, { bio: 'Said without Redis' });
    expect(await bioOf(asha)).toBeNull();
    const event = { data: { userId: asha, fields: ['bio'] }, aggregateVersion: 1 } as EventOf<typeof ProfileChanged>;
    await new OnProfileChanged(cards).handle(event);
    expect(await bioOf(asha)).toBe('Said without Redis');
  });

  it('is not said to have changed where it was refused', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    await profiles.change(asha, { handle: 'cached' });
    await profiles.change(ravi, { handle: 'cached' });
    await cards.many(stranger, [ravi]);
    expect(await statements(() => cards.many(stranger, [ravi]))).toBe(0);
  });
});
