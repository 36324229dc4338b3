import { isRefusal, PersonUnknown, RefreshRefused, WrongPassword, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

type Identity = Awaited<ReturnType<typeof identityOn>>;

let database: ServiceDatabase;
let identity: Identity;
/** Where the time of an account that is to be deleted has come at once. */
let atOnce: Identity;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
  atOnce = await identityOn(database.db, { IDENTITY_DELETION_DAYS: 0 });
});
afterAll(() => database?.close());

const password = 'a long password';
let people = 0;
const someone = async (): Promise<Session> => answer(await identity.people.register({ email: `leaving-${++people}@example.org`, password, name: 'Someone' }));
const signIn = ({ person }: Session) => identity.signIns.signIn({ email: person.email, password });
const callerOf = ({ person, accessToken }: Session) => ({
  personId: person.id, role: person.role, sessionId: JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid as string,
});
const saidOf = async ({ person }: Session) => (await database.events()).filter(({ data }) => data['userId'] === person.id).map(({ type }) => type);
const cardOf = ({ person }: Session) => identity.cards.one({ isSignedIn: true }, person.id);
const noted = async ({ person }: Session) => answer(await identity.audit.all({ about: person.id, limit: 100 })).items;
const isThere = async ({ person }: Session) => (await database.db.query('SELECT 1 FROM person WHERE id = $1', [person.id])).length > 0;
const aliveOf = ({ person }: Session) => database.db.query('SELECT 1 FROM session WHERE person_id = $1 AND revoked_at IS NULL', [person.id]);

describe('whoever closes their account', () => {
  it('is signed out everywhere and seen by nobody, until they sign in again', async () => {
    const asha = await someone();
    await signIn(asha);
    expect(answer(await identity.departures.deactivate(callerOf(asha), { password })).deactivatedAt).toBeDefined();
    expect(await aliveOf(asha)).toEqual([]);
    expect(await cardOf(asha)).toEqual(PersonUnknown());
    expect(await identity.sessions.refresh({ refreshToken: asha.refreshToken })).toEqual(RefreshRefused());

    expect(answer(await signIn(asha)).person).toEqual(asha.person);
    expect(await cardOf(asha)).toMatchObject({ name: 'Someone' });
    expect(await saidOf(asha)).toEqual(['user.registered', 'user.deactivated', 'session.revoked', 'session.revoked', 'profile.changed', 'user.reactivated', 'profile.changed']);
    // None is left out, however often: whoever hears them in their order waits for each.
    expect((await database.events()).filter(({ type, aggregate }) => type === 'profile.changed' && aggregate === asha.person.id).map(({ version }) => version)).toEqual([1, 2]);
    expect((await noted(asha)).map(({ what }) => what).slice(0, 3)).toEqual(['signed_in', 'reactivated', 'deactivated']);
  });

  it('shows that it is theirs', async () => {
    const asha = await someone();
    for (const close of ['deactivate', 'delete'] as const) expect(await identity.departures[close](callerOf(asha), { password: 'not hers' })).toMatchObject(WrongPassword());
    expect(await saidOf(asha)).toEqual(['user.registered']);
  });

  it('is not the last super-admin, and of fifty who leave at once one stays', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, someone));
    await database.db.query(`UPDATE person SET role = 'super_admin' WHERE id = ANY($1)`, [all.map(({ person }) => person.id)]);
    const outcomes = await Promise.all(all.map((one, n) => identity.departures[n % 2 ? 'delete' : 'deactivate'](callerOf(one), { password })));
    expect(outcomes.filter(isRefusal).map(({ code }) => code)).toEqual(['identity.last_super_admin']);
    await database.db.query(`UPDATE person SET role = 'member' WHERE role = 'super_admin'`);
  });
});

describe('an account that is to be deleted', () => {
  it('is deleted fourteen days later, and not a moment before', async () => {
    const asha = await someone();
    const { dueAt } = answer(await identity.departures.delete(callerOf(asha), { password }));
    expect(Math.round((Date.parse(dueAt) - Date.now()) / 3_600_000)).toBe(14 * 24);
    await database.db.query(`UPDATE person SET deletion_due_at = now() + interval '5 seconds' WHERE id = $1`, [asha.person.id]);
    await identity.departures.tidy();
    expect(await isThere(asha)).toBe(true);
    await database.db.query(`UPDATE person SET deletion_due_at = now() - interval '1 second' WHERE id = $1`, [asha.person.id]);
    await identity.departures.tidy();
    expect(await isThere(asha)).toBe(false);
    expect((await saidOf(asha)).slice(1)).toEqual(['user.deletion_requested', 'session.revoked', 'profile.changed', 'user.deleted']);
    expect((await noted(asha))[0]).toMatchObject({ what: 'deleted', who: null, about: asha.person.id });
  });

  it('is kept for whoever signs in before', async () => {
    const asha = await someone();
    await identity.departures.delete(callerOf(asha), { password });
    expect(answer(await signIn(asha)).person).toEqual(asha.person);
    await database.db.query(`UPDATE person SET deletion_due_at = NULL WHERE id = $1`, [asha.person.id]);
    await identity.departures.tidy();
    expect([await isThere(asha), (await saidOf(asha)).slice(-2)]).toEqual([true, ['user.deletion_cancelled', 'profile.changed']]);
  });

  it('gives handle and address back at once', async () => {
    const asha = await someone();
    answer(await identity.profiles.change(asha.person.id, { handle: 'asha.leaves' }));
    await atOnce.departures.delete(callerOf(asha), { password });
    await atOnce.departures.tidy();
    const another = answer(await identity.people.register({ email: asha.person.email, password, name: 'Another' }));
    expect(await identity.profiles.change(another.person.id, { handle: 'asha.leaves' })).toMatchObject({ handle: 'asha.leaves' });
  });

  it('leaves no address behind at which its password was forgotten, of now or of before; what was asked for at one that another has since, or is to have, stays', async () => {
    const asha = await someone();
    const [given, before, last] = [asha.person.email, 'had-before@example.org', 'has-now@example.org'];
    const nowAt = (email: string) => database.db.query(
      `WITH was AS (SELECT id, email FROM person WHERE id = $1), moved AS (UPDATE person SET email = $2 WHERE id = $1)
       INSERT INTO email_change (id, person_id, session_id, old_email, new_email, expires_at, completed_at) SELECT gen_random_uuid(), id, id, email, $2, now(), now() FROM was`,
      [asha.person.id, email],
    );
    for (const email of [before, last]) {
      await nowAt(email);
      await identity.passwords.forgot({ email });
    }
    answer(await identity.people.register({ email: given, password, name: 'Another' }));
    await identity.passwords.forgot({ email: given });
    const moving = await someone();
    answer(await identity.changes.request(callerOf(moving), { newEmail: before, password }));
    await atOnce.departures.delete(callerOf(asha), { password });
    await atOnce.departures.tidy();
    const left = await database.db.query<{ email: string; purpose: string }>('SELECT email, purpose FROM verification WHERE email = ANY($1) ORDER BY created_at', [[given, before, last]]);
    expect(left).toEqual([{ email: given, purpose: 'verify_email' }, { email: given, purpose: 'reset_password' }, { email: before, purpose: 'confirm_new_email' }]);
  });

  it('is one replica’s to remove, of many that look at once, and whoever dies over it has removed nothing', async () => {
    const asha = await someone();
    await atOnce.departures.delete(callerOf(asha), { password });
    const dies = database.db.transaction(async (tx) => {
      await tx.query('DELETE FROM person WHERE id = $1', [asha.person.id]);
      throw new Error('died');
    });
    await expect(dies).rejects.toThrow('died');
    await Promise.all(Array.from({ length: 50 }, () => identity.departures.tidy()));
    expect((await saidOf(asha)).filter((type) => type === 'user.deleted')).toHaveLength(1);
    expect(await isThere(asha)).toBe(false);
  });

  it('comes to one thing, whoever of fifty deletes, signs in and tidies at once', async () => {
    const asha = await someone();
    await Promise.all(Array.from({ length: 50 }, async (_, n) => {
      if (n % 5 === 0) return atOnce.departures.tidy();
      if (n % 2 === 0) return signIn(asha);
      return atOnce.departures.delete(callerOf(asha), { password });
    }));
    const said = (await saidOf(asha)).filter((type) => type.startsWith('user.') && type !== 'user.registered');
    const [row] = await database.db.query<{ due: Date | null }>('SELECT deletion_due_at AS due FROM person WHERE id = $1', [asha.person.id]);
    const alive = await aliveOf(asha);
    if (!row) expect([said.at(-1), alive]).toEqual(['user.deleted', []]);
    else if (row.due) expect([said.at(-1), alive]).toEqual(['user.deletion_requested', []]);
    else expect([said.at(-1), alive.length > 0]).toEqual(['user.deletion_cancelled', true]);
    // The session of before asked once; whoever came back since was not asked again.
    expect(said.filter((type) => type === 'user.deletion_requested')).toHaveLength(1);
  });
});

describe('of somebody who is gone the audit log', () => {
  const whereabouts = (about: string) =>
    database.db.query<{ what: string; who: string | null; client_address: string | null }>('SELECT what, who, client_address FROM audit WHERE about = $1 ORDER BY at, id', [about]);
  const insert = (what: string, who: string | null, about: string) =>
    database.db.query(`INSERT INTO audit (id, what, who, about, client_address, user_agent, device) VALUES (gen_random_uuid(), $1, $2, $3, '203.0.113.9', 'Firefox', 'Her phone')`, [what, who, about]);

  it('forgets how they called their passkeys, which was noted once, also where an older version is at it', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const names = async () => (await database.db.query<{ details: object }>(`SELECT details FROM audit WHERE what = 'passkey_added' AND who = $1 ORDER BY at, id`, [asha.person.id])).map(({ details }) => details);
    const add = (who: string, address: string | null) =>
      database.db.query(`INSERT INTO audit (id, what, who, about, client_address, details) VALUES (gen_random_uuid(), 'passkey_added', $1, $1, $2, '{"passkeyId":"1","name":"Of her own"}')`, [who, address]);
    for (const { person } of [asha, ravi]) for (const address of ['203.0.113.9', null]) await add(person.id, address);
    await expect(database.db.query(`UPDATE audit SET client_address = NULL, details = details - 'name' WHERE who = $1`, [ravi.person.id])).rejects.toThrow('only ever added to');
    await atOnce.departures.delete(callerOf(asha), { password });
    await atOnce.departures.tidy();
    expect(await names()).toEqual([{ passkeyId: '1' }, { passkeyId: '1' }]);
    await add(asha.person.id, '203.0.113.9');
    await database.db.query('UPDATE audit SET client_address = NULL, user_agent = NULL, device = NULL WHERE who = $1', [asha.person.id]);
    expect((await names()).at(-1)).toEqual({ passkeyId: '1' });
  });

  it('keeps what happened, and forgets where they were; another’s whereabouts stay', async () => {
    const [asha, mira] = [await someone(), await someone()];
    await insert('signed_in', asha.person.id, asha.person.id);
    await insert('sign_in_failed', null, asha.person.id);
    await insert('suspended', mira.person.id, asha.person.id);
    await atOnce.departures.delete(callerOf(asha), { password });
    await atOnce.departures.tidy();
    const left = await whereabouts(asha.person.id);
    expect(left.map(({ what }) => what)).toEqual(expect.arrayContaining(['registered', 'signed_in', 'sign_in_failed', 'suspended', 'deletion_requested', 'deleted']));
    expect(left.filter(({ client_address }) => client_address !== null).map(({ who }) => who)).toEqual([mira.person.id]);
  });

  it('lets nobody change more than that, nor that of anybody who is there', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    for (const { person } of [asha, ravi]) await insert('signed_in', person.id, person.id);
    const refused = (set: string, who: string) => expect(database.db.query(`UPDATE audit SET ${set} WHERE who = $1 AND client_address IS NOT NULL`, [who])).rejects.toThrow('only ever added to');
    await refused('client_address = NULL, user_agent = NULL, device = NULL', ravi.person.id);
    await database.db.query('DELETE FROM person WHERE id = $1', [asha.person.id]);
    for (const set of [`client_address = NULL`, `client_address = '203.0.113.1', user_agent = NULL, device = NULL`, `client_address = NULL, user_agent = NULL, device = NULL, what = 'signed_out'`,
      `client_address = NULL, user_agent = NULL, device = NULL, details = '{"a":1}'`, `client_address = NULL, user_agent = NULL, device = NULL, about = NULL`]) await refused(set, asha.person.id);
    await database.db.query('UPDATE audit SET client_address = NULL, user_agent = NULL, device = NULL WHERE who = $1', [asha.person.id]);
  });
});
