import type { PersonalRecord } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOn, openIdentityDatabase, somebodyIn } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let { records } = {} as Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  ({ records } = await identityOn(database.db));
});
afterAll(() => database?.close());

const SECRET = `decode(repeat('5ec4e7', 10) || '5ec4', 'hex')`;

/** Of each table that has rows of people: one of theirs, and as which kind it is told. */
const told: Readonly<Record<string, readonly [kind: string, row: string]>> = {
  api_key: ['apiKeys', `WITH key AS (INSERT INTO api_key (id, person_id, name, scopes) VALUES (gen_random_uuid(), $1, 'Her till', '{identity:read}') RETURNING id)
    INSERT INTO api_key_secret (id, key_id, prefix, hash) SELECT gen_random_uuid(), id, 'mela_of_hers', ${SECRET} FROM key`],
  email_change: ['emailChanges', `INSERT INTO email_change (id, person_id, session_id, old_email, new_email, expires_at) VALUES (gen_random_uuid(), $1, $1, 'old@example.org', 'new@example.org', now())`],
  export: ['exports', `INSERT INTO export (id, person_id, expected) VALUES (gen_random_uuid(), $1, '{identity}')`],
  familiar_place: ['familiarPlaces', `INSERT INTO familiar_place (person_id, place) VALUES ($1, ${SECRET})`],
  handle: ['handles', `INSERT INTO handle (handle, person_id) VALUES ('asha.exports', $1)`],
  outside_identity: ['outsideIdentities', `INSERT INTO outside_identity (id, person_id, provider, issuer, subject) VALUES (gen_random_uuid(), $1, 'sandbox', 'https://sandbox.example', 'asha-there')`],
  passkey: ['passkeys', `INSERT INTO passkey (id, person_id, credential_id, public_key, counter, name, is_backed_up) VALUES (gen_random_uuid(), $1, 'hers', ${SECRET}, 3, 'Her phone', false)`],
  profile: ['profile', `INSERT INTO profile (person_id, bio, steps_skipped) VALUES ($1, 'I run on Sundays', '{avatar}')`],
  session: ['sessions', `INSERT INTO session (id, person_id, device, token_hash, expires_at) VALUES (gen_random_uuid(), $1, 'Her browser', ${SECRET}, now())`],
  totp: ['secondFactor', `INSERT INTO totp (person_id, sealed_secret, confirmed_at) VALUES ($1, ${SECRET}, now())`],
  verification: ['verifications', `INSERT INTO verification (id, purpose, person_id, email, salt, token_hash, created_at, expires_at)
    SELECT gen_random_uuid(), purpose, owner, email, substring(${SECRET} FOR 16), ${SECRET}, at, now() FROM person,
      (VALUES ('verify_email', $1::uuid, now() - interval '1 hour'), ('reset_password', NULL, now())) AS asked(purpose, owner, at) WHERE id = $1`],
};

const untold: Readonly<Record<string, string>> = {
  recovery_code: 'is a keyed hash; how many are left stands with the second factor',
  sign_in_challenge: 'says how many codes were wrong of a sign-in that is over; each of them is in the audit log',
};

const collected = async (personId: string) => {
  const all: PersonalRecord[] = [];
  for await (const record of records.collect(personId)) all.push(record);
  return all;
};

describe('identity tells a person', () => {
  it('of every table that has something of theirs, or there is a reason', async () => {
    const tables = await database.db.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'person_id' ORDER BY 1`);
    expect(tables.map(({ name }) => name)).toEqual([...Object.keys(told), ...Object.keys(untold)].toSorted());
  });

  it('all that it keeps of them, and nothing that anybody could use', async () => {
    const asha = await somebodyIn(database.db, 'Asha Rao')();
    for (const [, row] of Object.values(told)) await database.db.query(row, [asha]);
    const askedFor = async () => (await collected(asha)).flatMap(({ kind, item }) => (kind === 'verifications' ? [(item as { purpose: string }).purpose] : []));
    // Whoever has not shown that the address is theirs is not told what another asked for at it.
    expect(await askedFor()).toEqual(['verify_email']);
    await database.db.query('UPDATE person SET email_verified_at = now() WHERE id = $1', [asha]);
    const all = await collected(asha);
    const kinds = new Set(all.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(['account', 'setup', ...Object.values(told).map(([kind]) => kind)].toSorted());
    const items = Object.fromEntries([...Map.groupBy(all, ({ kind }) => kind)].map(([kind, records]) => [kind, records.map(({ item }) => item)]));
    expect(items).toMatchObject({
      account: [{ name: 'Asha Rao', language: 'en' }],
      setup: [{ skipped: ['avatar'], completedAt: null }],
      handles: [{ handle: 'asha.exports' }],
      sessions: [{ device: 'Her browser' }],
      passkeys: [{ name: 'Her phone', counter: 3, createdAt: expect.any(Date) }],
      outsideIdentities: [{ issuer: 'https://sandbox.example', subject: 'asha-there' }],
      secondFactor: [{ since: expect.any(Date), recoveryCodesLeft: 0 }],
      apiKeys: [{ name: 'Her till', prefixes: ['mela_of_hers'] }],
      emailChanges: [{ oldEmail: 'old@example.org', newEmail: 'new@example.org' }],
      verifications: [{ purpose: 'verify_email' }, { purpose: 'reset_password', email: `${asha}@example.org` }],
    });
    const text = JSON.stringify(all);
    for (const secret of ['argon2', 'Buffer', '5ec4e7']) expect(text).not.toContain(secret);
  });

  it('what the audit log has about them, however much it is', async () => {
    const asha = await somebodyIn(database.db)();
    await database.db.query(`INSERT INTO audit (id, what, who, about) SELECT gen_random_uuid(), 'signed_in', $1, $1 FROM generate_series(1, 1200)`, [asha]);
    expect((await collected(asha)).filter(({ kind }) => kind === 'audit')).toHaveLength(1_200);
  });

  it('nothing of anybody else', async () => {
    const [asha, ravi] = [await somebodyIn(database.db)(), await somebodyIn(database.db, 'Ravi')()];
    expect(new Set((await collected(ravi)).map(({ kind }) => kind))).toEqual(new Set(['account', 'profile', 'setup']));
    expect(JSON.stringify(await collected(ravi))).not.toContain(asha);
  });
});
