import { newApiKey } from '@mela/chassis';
import type { IssuedApiKey } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { password, Protected } from '../../test/second-factor.fixture.ts';
import { codesOf } from '../../test/second-factor.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

async function someoneWithKey(): Promise<{ personId: string; key: IssuedApiKey }> {
  const { caller } = await Protected.withPassword(identity);
  return { personId: caller.personId, key: answer(await identity.apiKeys.create(caller, { name: 'x', scopes: ['communities:read'], expiresInDays: null, password })) };
}
const exchange = (key: string) => identity.keyExchange.exchange({ key });
const lastUse = async ({ key: { id } }: { key: IssuedApiKey }) =>
  (await database.db.query<{ at: string | null }>('SELECT last_used_at::text AS at FROM api_key_secret WHERE key_id = $1', [id]))[0]!.at;
const refusals = async (about: string) => answer(await identity.audit.all({ about, what: 'api_key_refused', limit: 10 })).items.map(({ who, details }) => [who, details['why']]);

describe('when a key was used', () => {
  it('is noted once a minute at the most', async () => {
    const asha = await someoneWithKey();
    answer(await exchange(asha.key.key));
    await expect.poll(() => lastUse(asha)).not.toBeNull();
    const first = await lastUse(asha);
    expect(codesOf(await Promise.all(Array.from({ length: 50 }, () => exchange(asha.key.key))))).toEqual({ answered: 50 });
    expect(await lastUse(asha)).toBe(first);
    await database.db.query(`UPDATE api_key_secret SET last_used_at = now() - interval '2 minutes' WHERE key_id = $1`, [asha.key.id]);
    const earlier = await lastUse(asha);
    answer(await exchange(asha.key.key));
    await expect.poll(() => lastUse(asha)).not.toBe(earlier);
  });

  it('keeps nobody waiting who has one that is being written', async () => {
    const asha = await someoneWithKey();
    const [locked, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const writing = database.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM api_key_secret WHERE key_id = $1 FOR UPDATE', [asha.key.id]);
      locked.resolve();
      await asked.promise;
    });
    await locked.promise;
    answer(await exchange(asha.key.key));
    expect(await lastUse(asha)).toBeNull();
    asked.resolve();
    await writing;
    await expect.poll(() => lastUse(asha)).not.toBeNull();
  });
});

describe('a key that is none', () => {
  it('is refused, whether it is mistyped, invented, or has the beginning of a right one', async () => {
    const { personId, key } = await someoneWithKey();
    expect(await exchange(key.key.slice(0, -1))).toMatchObject({ code: 'auth.invalid_api_key', detail: expect.stringContaining('mistyped') });
    expect(await exchange(newApiKey().text)).toMatchObject({ code: 'auth.invalid_api_key', detail: 'Nobody has it' });
    const other = newApiKey();
    await database.db.query('UPDATE api_key_secret SET prefix = $2 WHERE key_id = $1', [key.id, other.prefix]);
    expect(await exchange(other.text)).toMatchObject({ code: 'auth.invalid_api_key', detail: 'Nobody has it' });
    expect(await refusals(personId)).toEqual([[null, 'wrong']]);
  });

  it('is noted for whoever’s it is once a minute at the most', async () => {
    const { personId, key } = await someoneWithKey();
    await database.db.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [key.id]);
    expect(codesOf(await Promise.all(Array.from({ length: 50 }, () => exchange(key.key))))).toEqual({ 'auth.invalid_api_key': 50 });
    expect(await refusals(personId)).toEqual([[null, 'revoked']]);
    await database.db.query(`UPDATE api_key_secret SET last_refused_at = now() - interval '2 minutes' WHERE key_id = $1`, [key.id]);
    await exchange(key.key);
    expect(await refusals(personId)).toHaveLength(2);
  });

  it('says what became of it to whoever has the right one', async () => {
    const { key } = await someoneWithKey();
    await database.db.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [key.id]);
    expect(await exchange(key.key)).toMatchObject({ status: 401, detail: 'It has expired, or was rotated' });
  });
});
