import { TokenVerifier } from '@mela/chassis';
import { ApiKeyUnknown, mela, scopesOf, TooManyApiKeys, WrongPassword, type IssuedApiKey } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { codesOf, password, Protected } from '../../test/second-factor.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db, { IDENTITY_HASHING_QUEUE: 100 });
});
afterAll(() => database?.close());

const someone = () => Protected.withPassword(identity);
const scopes = ['communities:read', 'communities:write'];
const wish = { name: 'The newsletter', scopes, expiresInDays: 30, password };
const create = async ({ caller }: Protected, changes: Partial<typeof wish> = {}): Promise<IssuedApiKey> => answer(await identity.apiKeys.create(caller, { ...wish, ...changes }));
const rotate = ({ caller }: Protected, { id: keyId }: { id: string }, overlapMinutes?: number) => identity.apiKeys.rotate(caller, { keyId, overlapMinutes, password });
const listOf = async ({ caller }: Protected, limit = 20) => answer(await identity.apiKeys.list(caller, { limit })).items;
const exchanged = ({ key }: { key: string }) => identity.keyExchange.exchange({ key });
const codesFor = async (...keys: { key: string }[]) => codesOf(await Promise.all(keys.map(exchanged)));
const verified = async (key: IssuedApiKey) =>
  answer(await new TokenVerifier(async () => ({ keys: [...(await identity.keys.published())] })).verify(answer(await exchanged(key)).accessToken));
const noted = async ({ caller }: Protected, what: 'api_key_created' | 'api_key_rotated' | 'api_key_revoked') => answer(await identity.audit.all({ about: caller.personId, what, limit: 10 })).items;
/** Sessions whose end was said of a person, in the order of the telling. */
const endsSaid = async ({ caller }: Protected) =>
  (await database.events()).flatMap(({ type, data }) => (type === 'session.revoked' && data['userId'] === caller.personId ? [data['sessionId']] : []));

describe('a key that was created', () => {
  it('is told once, is listed by its prefix, and is kept as a hash alone', async () => {
    const asha = await someone();
    const { key, ...told } = await create(asha);
    expect(told).toEqual({
      id: expect.any(String), name: 'The newsletter', prefix: key.slice(0, 17), scopes, state: 'active',
      createdAt: expect.any(String), expiresAt: expect.any(String), lastUsedAt: null, previous: null,
    });
    expect(Date.parse(told.expiresAt!) - Date.parse(told.createdAt)).toBe(30 * 24 * 3_600_000);
    const later = await create(asha, { expiresInDays: null as never });
    expect(later.expiresAt).toBeNull();
    expect(await listOf(asha)).toMatchObject([{ id: later.id }, told]);
    const everything = await database.db.query(`SELECT row_to_json(api_key)::text AS key, row_to_json(api_key_secret)::text AS secret FROM api_key JOIN api_key_secret ON key_id = api_key.id`);
    expect(JSON.stringify(everything)).not.toContain(key.slice(18));
    expect(await noted(asha, 'api_key_created')).toMatchObject([{}, { who: asha.caller.personId, details: { keyId: told.id, prefix: told.prefix, scopes } }]);
    expect(JSON.stringify(await noted(asha, 'api_key_created'))).not.toContain(key.slice(18));
  });

  it('is exchanged for a token of its owner’s, as a member, with its scopes, for five minutes', async () => {
    const asha = await someone();
    await database.db.query(`UPDATE person SET role = 'super_admin' WHERE id = $1`, [asha.caller.personId]);
    const key = await create(asha);
    const before = Date.now();
    const { caller, expiresAt } = await verified(key);
    expect(caller).toEqual({ personId: asha.caller.personId, sessionId: expect.any(String), role: 'member', key: { id: key.id, scopes } });
    expect(expiresAt).toBeGreaterThan(before);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 300_000);
  });

  it('asks for what shows that its owner makes it', async () => {
    const asha = await someone();
    for (const wrong of ['not this one', undefined]) expect(await identity.apiKeys.create(asha.caller, { ...wish, password: wrong })).toMatchObject(WrongPassword());
  });

  it('has no scope that does not exist: those that do are named', async () => {
    expect(await identity.apiKeys.create((await someone()).caller, { ...wish, scopes: ['communities:read', 'communities:own'] })).toMatchObject({
      code: 'identity.unknown_scope', facts: { unknown: ['communities:own'], scopes: scopesOf(mela) },
    });
  });
});

describe('keys of one person', () => {
  it('are so many at the most, however many are created at once; those that have ended do not count', async () => {
    const own = await identityOn(database.db, { IDENTITY_API_KEYS: 3, IDENTITY_HASHING_QUEUE: 100 });
    const asha = await someone();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => own.apiKeys.create(asha.caller, wish)));
    expect(codesOf(outcomes)).toEqual({ answered: 3, [TooManyApiKeys.code]: 47 });
    const [first, second] = await listOf(asha);
    answer(await own.apiKeys.revoke(asha.caller, { keyId: first!.id }));
    await database.db.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [second!.id]);
    for (let more = 0; more < 2; more++) answer(await own.apiKeys.create(asha.caller, wish));
    expect(await own.apiKeys.create(asha.caller, wish)).toMatchObject({ code: TooManyApiKeys.code });
  });

  it('are listed in pages', async () => {
    const asha = await someone();
    const keys = [await create(asha), await create(asha), await create(asha)].map(({ id }) => id).toReversed();
    const first = answer(await identity.apiKeys.list(asha.caller, { limit: 2 }));
    const rest = answer(await identity.apiKeys.list(asha.caller, { limit: 2, after: first.next! }));
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(keys);
    expect(rest.next).toBeNull();
  });

  it('are nobody else’s to see, rotate or revoke', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const key = await create(asha);
    expect(await listOf(ravi)).toEqual([]);
    expect(await rotate(ravi, key)).toEqual(ApiKeyUnknown());
    expect(await identity.apiKeys.revoke(ravi.caller, { keyId: key.id })).toEqual(ApiKeyUnknown());
    expect(await codesFor(key)).toEqual({ answered: 1 });
  });
});

describe('a key that is rotated', () => {
  it('works beside the one before until the overlap is over, and is told which that was', async () => {
    const asha = await someone();
    const before = await create(asha);
    const after = answer(await rotate(asha, before, 60));
    expect(after).toMatchObject({ id: before.id, scopes, expiresAt: before.expiresAt, previous: { prefix: before.prefix, lastUsedAt: null } });
    expect(after.prefix).not.toBe(before.prefix);
    expect(await codesFor(before, after)).toEqual({ answered: 2 });
    expect(await endsSaid(asha)).toEqual([]);

    await database.db.query(`UPDATE api_key_secret SET ends_at = ends_at - interval '59 minutes 30 seconds' WHERE key_id = $1 AND ends_at IS NOT NULL`, [before.id]);
    expect(Date.parse(answer(await exchanged(before)).expiresAt)).toBeLessThanOrEqual(Date.now() + 30_000);
    await database.db.query(`UPDATE api_key_secret SET ends_at = ends_at - interval '30 seconds' WHERE key_id = $1 AND ends_at IS NOT NULL`, [before.id]);
    expect(await exchanged(before)).toMatchObject({ code: 'auth.invalid_api_key' });
    expect(await codesFor(after)).toEqual({ answered: 1 });
    expect((await listOf(asha))[0]!.previous).toBeNull();
    expect(await noted(asha, 'api_key_rotated')).toMatchObject([{ details: { keyId: before.id, prefix: after.prefix, overlapMinutes: 60 } }]);
  });

  it('overlaps for as long as the setting says, unless somebody says', async () => {
    const asha = await someone();
    const { previous } = answer(await rotate(asha, await create(asha)));
    expect(Math.round((Date.parse(previous!.endsAt) - Date.now()) / 60_000)).toBe(1_440);
  });

  it('without an overlap ends all that was shown before, and their tokens, at once', async () => {
    const asha = await someone();
    const first = await create(asha);
    const second = answer(await rotate(asha, first, 60));
    const sessions = [(await verified(first)).caller.sessionId, (await verified(second)).caller.sessionId];
    const third = answer(await rotate(asha, first, 0));
    expect(third.previous).toBeNull();
    expect((await endsSaid(asha)).toSorted()).toEqual(sessions.toSorted());
    expect(await codesFor(first, second)).toEqual({ 'auth.invalid_api_key': 2 });
    expect(await codesFor(third)).toEqual({ answered: 1 });
  });

  it('fifty times at once is rotated once: the one before and the one that was answered work', async () => {
    const asha = await someone();
    const before = answer(await identity.apiKeys.create(asha.caller, wish));
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.apiKeys.rotate(asha.caller, { keyId: before.id, overlapMinutes: 60, password })));
    expect(codesOf(outcomes)).toEqual({ answered: 1, 'identity.api_key_rotating': 49 });
    const after = outcomes.find((outcome): outcome is IssuedApiKey => 'key' in outcome)!;
    expect(await codesFor(before, after)).toEqual({ answered: 2 });
  });

  it('fifty times at once without an overlap leaves the last one, and nothing else', async () => {
    const asha = await someone();
    const before = answer(await identity.apiKeys.create(asha.caller, wish));
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.apiKeys.rotate(asha.caller, { keyId: before.id, overlapMinutes: 0, password })));
    const issued = outcomes.map((outcome) => answer(outcome));
    const { prefix } = (await listOf(asha))[0]!;
    for (const one of issued) expect(await codesFor(one)).toEqual(one.prefix === prefix ? { answered: 1 } : { 'auth.invalid_api_key': 1 });
    expect(new Set(await endsSaid(asha)).size).toBe(50);
  });

  it('is none that has ended', async () => {
    const asha = await someone();
    const key = await create(asha);
    await identity.apiKeys.revoke(asha.caller, { keyId: key.id });
    expect(await rotate(asha, key)).toMatchObject({ code: 'identity.api_key_ended' });
  });
});

describe('a key that is revoked', () => {
  it('is refused, with what was shown before it, and the end of all its tokens is said', async () => {
    const asha = await someone();
    const before = await create(asha);
    const after = answer(await rotate(asha, before, 60));
    const sessions = [(await verified(before)).caller.sessionId, (await verified(after)).caller.sessionId];
    expect(await identity.apiKeys.revoke(asha.caller, { keyId: before.id })).toEqual({ revoked: 1 });
    expect((await endsSaid(asha)).toSorted()).toEqual(sessions.toSorted());
    expect(await codesFor(before, after)).toEqual({ 'auth.invalid_api_key': 2 });
    expect((await listOf(asha))[0]).toMatchObject({ state: 'revoked', previous: null });
    expect(await identity.apiKeys.revoke(asha.caller, { keyId: before.id })).toEqual({ revoked: 0 });
    expect(await noted(asha, 'api_key_revoked')).toHaveLength(1);
  });

  it('while it is rotated by fifty leaves nothing that works', async () => {
    const asha = await someone();
    const key = answer(await identity.apiKeys.create(asha.caller, wish));
    const [, ...outcomes] = await Promise.all([
      identity.apiKeys.revoke(asha.caller, { keyId: key.id }),
      ...Array.from({ length: 50 }, () => identity.apiKeys.rotate(asha.caller, { keyId: key.id, overlapMinutes: 0, password })),
    ]);
    const issued = outcomes.filter((outcome): outcome is IssuedApiKey => 'key' in outcome);
    expect(await codesFor(key, ...issued)).toEqual({ 'auth.invalid_api_key': issued.length + 1 });
  });
});

describe('a person’s keys', () => {
  const adminOf = async () => {
    const mira = await someone();
    await database.db.query(`UPDATE person SET role = 'admin' WHERE id = $1`, [mira.caller.personId]);
    return mira;
  };

  it('end when the person is shut out, and stay so when they are let in again', async () => {
    const [asha, mira] = [await someone(), await adminOf()];
    const keys = [await create(asha), await create(asha)];
    const sessions = await Promise.all(keys.map(async (key) => (await verified(key)).caller.sessionId));
    answer(await identity.accounts.suspend(mira.caller, { personId: asha.caller.personId, reason: 'spam' }));
    expect(await endsSaid(asha)).toEqual(expect.arrayContaining(sessions));
    answer(await identity.accounts.restore(mira.caller, { personId: asha.caller.personId }));
    expect(await codesFor(...keys)).toEqual({ 'auth.invalid_api_key': 2 });
  });

  it('end when the person closes their account, also for good', async () => {
    for (const leave of ['deactivate', 'delete'] as const) {
      const asha = await someone();
      const key = await create(asha);
      answer<object>(await identity.departures[leave](asha.caller, { password }));
      expect(await codesFor(key)).toEqual({ 'auth.invalid_api_key': 1 });
      expect(await identity.apiKeys.create(asha.caller, wish)).toMatchObject({ code: 'auth.invalid_token' });
    }
  });

  it('are created by fifty while the person is shut out, and none is alive afterwards', async () => {
    const [asha, mira] = [await someone(), await adminOf()];
    await Promise.all([
      ...Array.from({ length: 25 }, () => identity.apiKeys.create(asha.caller, wish)),
      identity.accounts.suspend(mira.caller, { personId: asha.caller.personId, reason: 'spam' }),
      ...Array.from({ length: 25 }, () => identity.apiKeys.create(asha.caller, wish)),
    ]);
    expect((await listOf(asha, 100)).filter(({ state }) => state === 'active')).toEqual([]);
  });

  it('go on when the person has another password, signs out everywhere, or has another role', async () => {
    const asha = await someone();
    const key = await create(asha);
    answer(await identity.passwordChanges.change(asha.caller, { password, newPassword: 'ferns under the bridge' }));
    answer(await identity.sessions.signOut(asha.caller, { everywhere: true }));
    answer(await identity.people.appoint({ email: asha.session.person.email, role: 'admin' }));
    expect((await verified(key)).caller.role).toBe('member');
  });
});

it('keys that have ended are kept for a month, and so is what was shown before', async () => {
  const asha = await someone();
  const [revoked, expired, rotated, alive] = [await create(asha), await create(asha), await create(asha), await create(asha)];
  await identity.apiKeys.revoke(asha.caller, { keyId: revoked.id });
  answer(await rotate(asha, rotated, 0));
  const age = async (days: number) => {
    await database.db.query(`UPDATE api_key SET revoked_at = now() - make_interval(days => $2) WHERE id = $1`, [revoked.id, days]);
    await database.db.query(`UPDATE api_key SET expires_at = now() - make_interval(days => $2) WHERE id = $1`, [expired.id, days]);
    await database.db.query(`UPDATE api_key_secret SET ends_at = now() - make_interval(days => $2) WHERE key_id = $1 AND ends_at IS NOT NULL`, [rotated.id, days]);
    await identity.apiKeys.tidy();
    const [{ secrets }] = (await database.db.query('SELECT count(*)::int AS secrets FROM api_key_secret WHERE key_id = $1', [rotated.id])) as [{ secrets: number }];
    return [(await listOf(asha)).length, secrets];
  };
  expect(await age(29)).toEqual([4, 2]);
  expect(await age(31)).toEqual([2, 1]);
  expect(await codesFor(alive)).toEqual({ answered: 1 });
});

it('an export tells of them, and of nothing that could be used', async () => {
  const asha = await someone();
  const { key, prefix, id } = await create(asha);
  const records = [];
  for await (const record of identity.records.collect(asha.caller.personId)) records.push(record);
  expect(records.filter(({ kind }) => kind === 'apiKeys')).toMatchObject([{ item: { id, name: 'The newsletter', scopes, prefixes: [prefix] } }]);
  expect(JSON.stringify(records)).not.toContain(key.slice(18));
});
