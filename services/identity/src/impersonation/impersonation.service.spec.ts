import { TokenVerifier } from '@mela/chassis';
import { isRefusal, NotWhileImpersonating, PersonUnknown, type Impersonation, type PlatformRole, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
let people = 0;
async function someone(role: PlatformRole = 'member'): Promise<Session> {
  const email = `someone-${++people}@example.org`;
  const registered = answer(await identity.people.register({ email, password, name: 'Someone' }));
  if (role === 'member') return registered;
  await identity.people.appoint({ email, role });
  return answer(await identity.signIns.signIn({ email, password }));
}
async function callerOf({ accessToken }: Pick<Session, 'accessToken'>) {
  const verified = await new TokenVerifier(async () => ({ keys: [...(await identity.keys.published())] }) as never).verify(accessToken);
  return answer(verified).caller;
}
const impersonate = async (by: Session, { person }: Session) => identity.impersonations.begin(await callerOf(by), { personId: person.id, reason: 'Their feed is empty' });
const begun = async (by: Session, of: Session): Promise<Impersonation> => answer(await impersonate(by, of));
const hasEnded = async (impersonation: Impersonation): Promise<boolean> => {
  const { sessionId } = await callerOf(impersonation);
  const [row] = await database.db.query<{ ended: boolean }>('SELECT revoked_at IS NOT NULL AS ended FROM session WHERE id = $1', [sessionId]);
  const said = (await database.events()).some(({ type, aggregate }) => type === 'session.revoked' && aggregate === sessionId);
  expect(said).toBe(row!.ended);
  return row!.ended;
};

describe('looking through somebody’s eyes', () => {
  it('is for a quarter of an hour, in their name, and says whose eyes they are', async () => {
    const [vera, asha] = [await someone('super_admin'), await someone()];
    const impersonation = await begun(vera, asha);
    expect(impersonation).toEqual({ person: asha.person, accessToken: expect.any(String), expiresAt: expect.any(String) });
    expect(await callerOf(impersonation)).toEqual({ personId: asha.person.id, sessionId: expect.any(String), role: 'member', actor: vera.person.id });
    const minutes = (Date.parse(impersonation.expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(14);
    expect(minutes).toBeLessThanOrEqual(15);
  });

  it('is noted, with its reason', async () => {
    const [vera, asha] = [await someone('super_admin'), await someone()];
    const { sessionId } = await callerOf(await begun(vera, asha));
    const { items } = answer(await identity.audit.all({ about: asha.person.id, what: 'impersonated', limit: 10 }));
    expect(items).toMatchObject([{ who: vera.person.id, details: { reason: 'Their feed is empty', sessionId } }]);
  });

  it('is not told among the person’s sessions, nor counted with them', async () => {
    const [vera, asha] = [await someone('super_admin'), await someone()];
    const impersonation = await begun(vera, asha);
    const caller = await callerOf(asha);
    expect(answer(await identity.sessions.list(caller, { limit: 20 })).items.map(({ id }) => id)).toEqual([caller.sessionId]);
    expect(answer(await identity.sessions.list(await callerOf(vera), { limit: 20 })).items).toHaveLength(1);
    expect(await identity.sessions.signOut(caller, { everywhere: true })).toEqual({ ended: 1 });
    expect(await hasEnded(impersonation)).toBe(true);
  });

  it('signs out where it looks, and nowhere else; the log says whose hand it was', async () => {
    const [vera, asha] = [await someone('super_admin'), await someone()];
    const impersonation = await begun(vera, asha);
    const caller = await callerOf(impersonation);
    expect(await identity.sessions.signOut(caller, { everywhere: true })).toEqual(NotWhileImpersonating());
    expect(await identity.sessions.signOut(caller, { everywhere: false })).toEqual({ ended: 1 });
    expect(await hasEnded(impersonation)).toBe(true);
    expect(answer(await identity.sessions.list(await callerOf(asha), { limit: 20 })).items).toHaveLength(1);
    const [entry] = answer(await identity.audit.all({ about: asha.person.id, what: 'signed_out', limit: 1 })).items;
    expect(entry).toMatchObject({ who: vera.person.id, details: { as: asha.person.id } });
  });

  it.each<[string, (vera: Session, boss: Session, asha: Session) => Promise<unknown>]>([
    ['loses the role', async (vera, boss) => identity.people.changeRole(await callerOf(boss), { personId: vera.person.id, role: 'member' })],
    ['is suspended', async (vera, boss) => identity.accounts.suspend(await callerOf(boss), { personId: vera.person.id, reason: 'x' })],
    ['signs out everywhere', async (vera) => identity.sessions.signOut(await callerOf(vera), { everywhere: true })],
    ['chooses another password', async (vera) => identity.passwordChanges.change(await callerOf(vera), { password, newPassword: 'another long password' })],
    ['looks at somebody who is suspended', async (_vera, boss, asha) => identity.accounts.suspend(await callerOf(boss), { personId: asha.person.id, reason: 'x' })],
    ['looks at somebody whose role changes', async (_vera, boss, asha) => identity.people.changeRole(await callerOf(boss), { personId: asha.person.id, role: 'admin' })],
  ])('ends when whoever does it %s', async (_what, change) => {
    const [vera, boss, asha, ravi] = [await someone('super_admin'), await someone('super_admin'), await someone(), await someone()];
    const [ofAsha, ofRavi] = [await begun(vera, asha), await begun(boss, ravi)];
    answer((await change(vera, boss, asha)) as object);
    expect(await hasEnded(ofAsha)).toBe(true);
    expect(await hasEnded(ofRavi)).toBe(false);
  });

  it('ends with whoever loses the role in the same moment, of fifty that begin', async () => {
    const [vera, boss, asha] = [await someone('super_admin'), await someone('super_admin'), await someone()];
    const depose = async () => identity.people.changeRole(await callerOf(boss), { personId: vera.person.id, role: 'member' });
    const begin = (times: number) => Array.from({ length: times }, () => impersonate(vera, asha));
    const outcomes = (await Promise.all([Promise.all(begin(10)), depose(), Promise.all(begin(40))])).flat();
    expect(outcomes.filter(isRefusal).every(({ code }) => code === 'access.denied')).toBe(true);
    expect(await database.db.query('SELECT 1 FROM session WHERE impersonator_id = $1 AND revoked_at IS NULL', [vera.person.id])).toEqual([]);
  });

  it('is refused where there is nobody, or a super-admin', async () => {
    const [vera, boss] = [await someone('super_admin'), await someone('super_admin')];
    expect(await impersonate(vera, boss)).toMatchObject({ code: 'identity.may_not_impersonate' });
    expect(await identity.impersonations.begin(await callerOf(vera), { personId: uuidv7(), reason: 'x' })).toEqual(PersonUnknown());
  });
});
