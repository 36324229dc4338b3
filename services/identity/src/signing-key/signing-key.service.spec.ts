import { TokenVerifier } from '@mela/chassis';
import { isRefusal, type Refusal, type Session, type SigningKey } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
});
beforeEach(async () => {
  await database.db.query('DELETE FROM signing_key');
  identity = await identityOn(database.db, { IDENTITY_KEY_OVERLAP_MINUTES: 0 });
});
afterAll(() => database?.close());

const allowed = <R>(outcome: R | Refusal): R => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
let people = 0;
const someone = async (): Promise<Session> =>
  allowed(await identity.people.register({ email: `someone-${++people}@example.org`, password: 'a long password', name: 'Someone' }));
const rotate = async (compromised = false) => allowed(await identity.rotation.rotate({ compromised })).keys;
const oneIn = (keys: readonly SigningKey[], state: SigningKey['state']) => keys.find((key) => key.state === state)!;
const kidOf = ({ accessToken }: Session): string => JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()).kid;
const publishedKids = async () => (await identity.keys.published()).map(({ kid }) => kid);
const isTaken = async ({ accessToken }: Session) => !isRefusal(await new TokenVerifier(async () => ({ keys: [...(await identity.keys.published())] })).verify(accessToken));
const later = (days: number) => database.db.query(`UPDATE signing_key SET signs_from = signs_from - make_interval(days => $1), created_at = created_at - make_interval(days => $1)`, [days]);
const said = async (kid: string) => (await database.events()).filter(({ aggregate }) => aggregate === kid).map(({ type, version, data }) => [type, version, data]);

describe('a rotation', () => {
  it('lets the next key sign, which was published before, and publishes another', async () => {
    const before = (await identity.rotation.list()).keys;
    const keys = await rotate();
    expect(oneIn(keys, 'signing').kid).toBe(oneIn(before, 'next').kid);
    expect(oneIn(keys, 'retired').kid).toBe(oneIn(before, 'signing').kid);
    expect(before.map(({ kid }) => kid)).not.toContain(oneIn(keys, 'next').kid);
    expect(kidOf(await someone())).toBe(oneIn(keys, 'signing').kid);
    expect(await said(oneIn(keys, 'signing').kid)).toEqual([['key.rotated', 1, { kid: oneIn(keys, 'signing').kid, nextKid: oneIn(keys, 'next').kid }]]);
  });

  it('takes the tokens of before until they have expired, and keeps no way to make more of them', async () => {
    const asha = await someone();
    const keys = await rotate();
    expect(await isTaken(asha)).toBe(true);
    const { goneAt, endedAt } = oneIn(keys, 'retired');
    expect((Date.parse(goneAt!) - Date.parse(endedAt!)) / 60_000).toBeCloseTo(31, 1);
    expect(await database.db.query(`SELECT 1 FROM signing_key WHERE state = 'retired' AND sealed_jwk IS NOT NULL`)).toEqual([]);
    await database.db.query(`UPDATE signing_key SET gone_at = now() WHERE state = 'retired'`);
    expect(await publishedKids()).not.toContain(kidOf(asha));
    await identity.rotation.rotateWhenDue();
    expect((await identity.rotation.list()).keys.map(({ state }) => state)).toEqual(['signing', 'next']);
  });

  it('is refused while the next key is not known everywhere, unless the one of now is compromised', async () => {
    const careful = await identityOn(database.db, { IDENTITY_KEY_OVERLAP_MINUTES: 15 });
    expect(await careful.rotation.rotate({ compromised: false })).toMatchObject({ status: 409, code: 'identity.key_too_young' });
    expect(isRefusal(await careful.rotation.rotate({ compromised: true }))).toBe(false);
  });

  it('is noticed by the other replicas with the next token that they give', async () => {
    const other = await identityOn(database.db);
    const { kid: before } = await other.keys.signing();
    const keys = await rotate();
    expect([before, (await other.keys.signing()).kid]).toEqual([oneIn(keys, 'retired').kid, oneIn(keys, 'signing').kid]);
  });
});

describe('a key that is compromised', () => {
  it('is published no more, and its tokens are taken by nobody who asks', async () => {
    const asha = await someone();
    const keys = await rotate(true);
    const { kid } = oneIn(keys, 'withdrawn');
    expect(kid).toBe(kidOf(asha));
    expect(await publishedKids()).toEqual([oneIn(keys, 'signing').kid, oneIn(keys, 'next').kid]);
    expect(await isTaken(asha)).toBe(false);
    expect(await said(kid)).toEqual([['key.withdrawn', 1, { kid }]]);
  });

  it('takes with it the one of before, which may be the one: whose tokens were still taken, and those alone', async () => {
    const ravi = await someone();
    await rotate();
    await database.db.query(`UPDATE signing_key SET gone_at = now() WHERE state = 'retired'`);
    const asha = await someone();
    await rotate();
    const kiran = await someone();
    const keys = await rotate(true);
    expect(keys.map(({ kid, state }) => [kid, state]).slice(0, 3)).toEqual([[kidOf(ravi), 'retired'], [kidOf(asha), 'withdrawn'], [kidOf(kiran), 'withdrawn']]);
    expect(await Promise.all([ravi, asha, kiran].map(isTaken))).toEqual([false, false, false]);
    for (const session of [asha, kiran]) expect(await said(kidOf(session))).toContainEqual(['key.withdrawn', 2, { kid: kidOf(session) }]);
    expect(await said(kidOf(ravi))).toEqual([]);
  });

  it('signs nobody out: refreshing gives a token of the next key', async () => {
    const asha = await someone();
    await rotate(true);
    const again = allowed(await identity.sessions.refresh({ refreshToken: asha.refreshToken }));
    expect(kidOf(again)).not.toBe(kidOf(asha));
    expect(await isTaken(again)).toBe(true);
  });

  it('counts what is said of it from when it began to sign', async () => {
    const { kid } = oneIn(await rotate(), 'signing');
    await rotate(true);
    expect((await said(kid)).map(([type, version]) => [type, version])).toEqual([['key.rotated', 1], ['key.withdrawn', 2]]);
  });

  it('stays on record', async () => {
    const { kid } = oneIn(await rotate(true), 'withdrawn');
    await later(400);
    await identity.rotation.rotateWhenDue();
    expect((await identity.rotation.list()).keys).toContainEqual(expect.objectContaining({ kid, state: 'withdrawn' }));
  });
});

describe('the schedule', () => {
  it('rotates when the days are over, and once of fifty replicas that look at the same time', async () => {
    expect(await identity.rotation.rotateWhenDue()).toBe(false);
    await later(90);
    const looks = await Promise.all(Array.from({ length: 50 }, () => identity.rotation.rotateWhenDue()));
    expect(looks.filter(Boolean)).toHaveLength(1);
    expect((await identity.rotation.list()).keys.map(({ state }) => state)).toEqual(['retired', 'signing', 'next']);
  });

  it('leaves one that signs and one that will, also when fifty rotate at once by command', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => rotate(n % 2 === 0)));
    const { keys } = await identity.rotation.list();
    const counted = [...Map.groupBy(keys, ({ state }) => state)].map(([state, all]) => `${state} ${all.length}`);
    expect(counted).toEqual(expect.arrayContaining(['next 1', 'signing 1']));
    expect(keys).toHaveLength(52);
    expect(keys.filter(({ state }) => state === 'withdrawn').length).toBeGreaterThanOrEqual(25);
  });

  it('gives tokens that are taken while keys rotate', async () => {
    const sessions = await Promise.all([...Array.from({ length: 20 }, someone), ...Array.from({ length: 5 }, () => rotate())]);
    for (const session of sessions) if ('accessToken' in session) expect(await isTaken(session)).toBe(true);
  });

  it('makes the next key of the kind that the setting names by then', async () => {
    const other = await identityOn(database.db, { IDENTITY_KEY_ALGORITHM: 'ES256', IDENTITY_KEY_OVERLAP_MINUTES: 0 });
    await other.rotation.rotate({ compromised: false });
    const { accessToken } = allowed(await other.people.register({ email: 'es256@example.org', password: 'a long password', name: 'Someone' }));
    expect(JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString())).toMatchObject({ alg: 'ES256' });
    expect(isRefusal(await new TokenVerifier(async () => ({ keys: [...(await other.keys.published())] })).verify(accessToken))).toBe(false);
  });
});
