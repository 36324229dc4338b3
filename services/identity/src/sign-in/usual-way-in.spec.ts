import { randomBytes } from 'node:crypto';
import { within } from '@mela/bus';
import type { Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { PersonStore } from '../person/person.store.ts';
import { UsualWayInStore } from './usual-way-in.store.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'patan-after-the-rain';
const device = 'Asha’s telephone';
const at = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, origin: { address: '192.0.2.7', agent: 'Mela for iOS' } };
const here = <R>(work: () => Promise<R>): Promise<R> => within(at, work);
const signIn = (tried = password) => here(() => identity.signIns.signIn({ email: asha.person.email, password: tried, device }));

let people = 0;
let asha: Session;
beforeEach(async () => {
  asha = answer(await here(() => identity.people.register({ email: `asha-${++people}@example.org`, password, name: 'Asha' })));
});

/** What a sign-in leaves behind, but for what is never the same. */
async function leftBy({ accessToken, refreshToken }: Session) {
  const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };
  const [session] = await database.db.query(
    `SELECT person_id, device, version, generation, impersonator_id, revoked_at, (expires_at - created_at)::text AS lasts FROM session WHERE id = $1`, [sid]);
  const noted = await database.db.query(
    `SELECT what, who, about, device, client_address, user_agent, trace_id, details - 'sessionId' AS details FROM audit WHERE details->>'sessionId' = $1`, [sid]);
  const attempts = await database.db.query('SELECT 1 FROM sign_in_attempt');
  answer(await identity.sessions.refresh({ refreshToken }));
  return { session, noted, attempts: attempts.length };
}

it('leaves behind what the careful way leaves', async () => {
  await database.db.query('DELETE FROM sign_in_attempt');
  await signIn('not this one');
  const entering = vi.spyOn(UsualWayInStore.prototype, 'enter');
  const usual = await leftBy(answer(await signIn()));
  expect(await entering.mock.results[0]!.value).toBe(true);

  await signIn('not this one');
  entering.mockResolvedValueOnce(false);
  const careful = await leftBy(answer(await signIn()));
  entering.mockRestore();
  expect(usual).toEqual(careful);
  expect(usual).toMatchObject({ session: { person_id: asha.person.id, device }, noted: [{ what: 'signed_in', who: asha.person.id, client_address: '192.0.2.7' }], attempts: 0 });
});

it('is not for whoever comes from where they never were', async () => {
  const entering = vi.spyOn(UsualWayInStore.prototype, 'enter');
  answer(await within({ ...at, origin: { address: '198.51.100.7' } }, () => identity.signIns.signIn({ email: asha.person.email, password })));
  expect(entering).not.toHaveBeenCalled();
  entering.mockRestore();
});

const SHUT_OUT = `suspended_at = now(), suspended_by = id, suspension_reason = 'spam'`;

describe('of what is otherwise since the password was looked at nothing is written', () => {
  const enter = async (change: () => Promise<unknown>) => {
    const seen = (await database.db.get(PersonStore).seekCredentials(asha.person.email))!;
    await change();
    const session = { id: uuidv7(), personId: seen.id, tokenHash: randomBytes(32), device, version: 0 };
    const counted = randomBytes(16);
    await database.db.query(`INSERT INTO sign_in_attempt (key, attempts, until) VALUES ($1, 3, now() + interval '1 minute')`, [counted]);
    const isEntered = await here(() =>
      database.db.get(UsualWayInStore).enter({ seen, session, days: 60, entry: identity.audit.entryOf({ what: 'signed_in', by: null, about: seen.id, details: { sessionId: session.id } }), counted }));
    const written = await Promise.all([
      database.db.query('SELECT 1 FROM session WHERE id = $1', [session.id]),
      database.db.query(`SELECT 1 FROM audit WHERE details->>'sessionId' = $1`, [session.id]),
      database.db.query('SELECT 1 FROM sign_in_attempt WHERE key = $1', [counted]),
    ]);
    return { isEntered, session: written[0].length, note: written[1].length, attempts: written[2].length };
  };
  const change = (how: string) => () => database.db.query(`UPDATE person SET ${how} WHERE id = $1`, [asha.person.id]);

  it('where nothing is, all of it is', async () => {
    expect(await enter(async () => undefined)).toEqual({ isEntered: true, session: 1, note: 1, attempts: 0 });
  });

  it.each([
    ['another password', `password_hash = '$argon2id$another'`],
    ['codes are asked', 'codes_on = true'],
    ['the person is shut out', SHUT_OUT],
    ['the account is closed', 'deactivated_at = now()'],
    ['anything else about the account', 'version = version + 1'],
  ])('%s', async (_what, how) => {
    expect(await enter(change(how))).toEqual({ isEntered: false, session: 0, note: 0, attempts: 1 });
  });

  it('another key signs', async () => {
    expect(await enter(async () => answer<object>(await identity.rotation.rotate({ compromised: true })))).toEqual({ isEntered: false, session: 0, note: 0, attempts: 1 });
  });

  it('whoever is shut out at the same moment is waited for', async () => {
    const held = Promise.withResolvers<void>();
    const changed = Promise.withResolvers<void>();
    const shuttingOut = database.db.transaction(async (tx) => {
      await tx.query(`UPDATE person SET ${SHUT_OUT} WHERE id = $1`, [asha.person.id]);
      changed.resolve();
      await held.promise;
    });
    await changed.promise;
    const entering = enter(async () => undefined);
    await vi.waitUntil(async () => (await database.db.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`)).length > 0);
    held.resolve();
    await shuttingOut;
    expect(await entering).toEqual({ isEntered: false, session: 0, note: 0, attempts: 1 });
  });
});
