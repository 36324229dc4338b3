import { isRefusal, PersonUnknown, RefreshRefused, Suspended, WrongCredentials, type PlatformRole, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { PersonStore } from '../person/person.store.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
let people = 0;
async function someone(role: PlatformRole = 'member', name = 'Someone'): Promise<Session> {
  const email = `someone-${++people}@example.org`;
  const registered = answer(await identity.people.register({ email, password, name }));
  if (role === 'member') return registered;
  await identity.people.appoint({ email, role });
  return answer(await identity.signIns.signIn({ email, password }));
}
const signIn = ({ person }: Session, used = password) => identity.signIns.signIn({ email: person.email, password: used });
const callerOf = ({ person, accessToken }: Session) => ({
  personId: person.id, role: person.role, sessionId: JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid as string,
});
const suspend = (by: Session, { person }: Session, reason = 'spam') => identity.accounts.suspend(callerOf(by), { personId: person.id, reason });
const restore = (by: Session, { person }: Session) => identity.accounts.restore(callerOf(by), { personId: person.id });
const saidOf = async ({ person }: Session) => (await database.events()).filter(({ type, data }) => data['userId'] === person.id && type !== 'user.registered');

describe('a person who is suspended', () => {
  it('is signed out everywhere, and that is said by ids alone', async () => {
    const [mira, asha] = [await someone('admin'), await someone()];
    await signIn(asha);
    expect(await suspend(mira, asha)).toMatchObject({ id: asha.person.id, suspension: { reason: 'spam', by: mira.person.id } });
    const said = await saidOf(asha);
    expect(said.map(({ type }) => type).toSorted()).toEqual(['session.revoked', 'session.revoked', 'user.suspended']);
    expect(said.find(({ type }) => type === 'user.suspended')).toEqual({ type: 'user.suspended', aggregate: asha.person.id, version: 2, data: { userId: asha.person.id } });
    expect(answer(await identity.sessions.list(callerOf(asha), { limit: 20 })).items).toEqual([]);
  });

  it('is told so after the right password, or with the latest refresh token, and nobody else is', async () => {
    const [mira, asha] = [await someone('admin'), await someone()];
    const latest = answer(await identity.sessions.refresh({ refreshToken: asha.refreshToken }));
    await suspend(mira, asha);
    expect(await signIn(asha)).toMatchObject(Suspended());
    expect(await signIn(asha, 'not her password')).toMatchObject(WrongCredentials());
    expect(await identity.sessions.refresh({ refreshToken: latest.refreshToken })).toMatchObject(Suspended());
    expect(await identity.sessions.refresh({ refreshToken: asha.refreshToken })).toMatchObject(RefreshRefused());
  });

  it('loses nothing, and signs in again once restored; sessions of before stay ended', async () => {
    const [mira, asha] = [await someone('admin'), await someone()];
    await suspend(mira, asha);
    expect(await restore(mira, asha)).toMatchObject({ id: asha.person.id, suspension: null });
    expect(answer(await signIn(asha)).person).toEqual(asha.person);
    expect(await identity.sessions.refresh({ refreshToken: asha.refreshToken })).toEqual(RefreshRefused());
    expect((await saidOf(asha)).at(-1)).toMatchObject({ type: 'user.restored', version: 3, data: { userId: asha.person.id } });
    const { items } = answer(await identity.audit.all({ about: asha.person.id, limit: 10 }));
    expect(items.map(({ what, who }) => [what, who])).toEqual([
      ['signed_in', asha.person.id], ['restored', mira.person.id], ['suspended', mira.person.id], ['signed_in', asha.person.id], ['registered', asha.person.id],
    ]);
    expect(items[2]!.details).toEqual({ reason: 'spam', sessions: 1 });
  });

  it('is suspended once, and restored once', async () => {
    const [mira, asha] = [await someone('admin'), await someone()];
    await Promise.all(Array.from({ length: 50 }, () => suspend(mira, asha)));
    await Promise.all(Array.from({ length: 50 }, () => restore(mira, asha)));
    expect((await saidOf(asha)).map(({ type }) => type).toSorted()).toEqual(['session.revoked', 'user.restored', 'user.suspended']);
  });

  it('has no session that began while that was done, of fifty whose password was found right before', async () => {
    const [mira, asha] = [await someone('admin'), await someone()];
    const opens = (times: number) => Array.from({ length: times }, () => database.db.transaction(async (tx) => identity.opening.open(tx, (await tx.get(PersonStore).hold(asha.person.id))!, undefined)));
    const outcomes = (await Promise.all([Promise.all(opens(10)), suspend(mira, asha), Promise.all(opens(40))])).flat();
    expect(outcomes.filter(isRefusal).every(({ code }) => code === 'identity.suspended')).toBe(true);
    expect(await database.db.query('SELECT 1 FROM session WHERE person_id = $1 AND revoked_at IS NULL', [asha.person.id])).toEqual([]);
  });
});

describe('whoever suspends', () => {
  it('is not any admin, where an admin is concerned; nor oneself; nor somebody unknown', async () => {
    const [mira, tara, vera] = [await someone('admin'), await someone('admin'), await someone('super_admin')];
    expect(await suspend(mira, tara)).toMatchObject({ code: 'access.denied' });
    expect(await suspend(mira, vera)).toMatchObject({ code: 'access.denied' });
    for (const one of [mira, vera]) expect(await suspend(one, one)).toMatchObject({ code: 'identity.not_yourself' });
    expect(await identity.accounts.suspend(callerOf(mira), { personId: uuidv7(), reason: 'x' })).toEqual(PersonUnknown());
    expect(await suspend(vera, tara)).toMatchObject({ suspension: { by: vera.person.id } });
    expect(await restore(mira, tara)).toMatchObject({ code: 'access.denied' });
  });

  it('is no longer whoever was suspended themselves, or lost the role, whatever the token says', async () => {
    const [vera, mira, tara, asha] = [await someone('super_admin'), await someone('admin'), await someone('admin'), await someone()];
    await suspend(vera, mira);
    await identity.people.changeRole(callerOf(vera), { personId: tara.person.id, role: 'member' });
    for (const one of [mira, tara]) expect(await suspend(one, asha)).toMatchObject({ code: 'access.denied' });
    const nora = await someone('super_admin');
    await suspend(vera, nora);
    expect(await identity.people.changeRole(callerOf(nora), { personId: asha.person.id, role: 'super_admin' })).toMatchObject({ code: 'access.denied' });
  });

  it('stays, as the last of fifty super-admins who suspend and depose each other at once', async () => {
    await database.db.query(`UPDATE person SET role = 'member' WHERE role = 'super_admin'`);
    const all = await Promise.all(Array.from({ length: 50 }, () => someone('super_admin')));
    await Promise.all(all.map((one, n) => {
      const next = all[(n + 1) % all.length]!;
      return n % 2 === 0 ? suspend(one, next) : identity.people.changeRole(callerOf(one), { personId: next.person.id, role: 'member' });
    }));
    const [left] = await database.db.query<{ count: number }>(`SELECT count(*)::int AS count FROM person WHERE role = 'super_admin' AND suspended_at IS NULL`);
    expect(left!.count).toBeGreaterThanOrEqual(1);
  });

  it('leaves one who is not suspended where the others are: that one keeps the role', async () => {
    await database.db.query(`UPDATE person SET role = 'member' WHERE role = 'super_admin'`);
    const [vera, nora] = [await someone('super_admin'), await someone('super_admin')];
    await suspend(vera, nora);
    expect(await identity.people.appoint({ email: vera.person.email, role: 'member' })).toMatchObject({ code: 'identity.last_super_admin' });
  });
});

describe('looking for people', () => {
  const found = async (filter: object) => answer(await identity.accounts.list({ limit: 100, ...filter })).items;

  it('finds by part of a name or an address, whatever the case, and takes % and _ for what they are', async () => {
    const zoe = await someone('member', 'Zoë 100% Q_x');
    for (const text of ['zoë 100%', 'q_x', zoe.person.email.slice(2, -4).toUpperCase()]) expect((await found({ text })).map(({ id }) => id)).toContain(zoe.person.id);
    for (const text of ['%%', 'q-x']) expect(await found({ text })).toEqual([]);
  });

  it('finds by role and by state', async () => {
    const [mira, asha] = [await someone('admin'), await someone()];
    await suspend(mira, asha);
    expect((await found({ role: 'admin' })).map(({ id }) => id)).toContain(mira.person.id);
    expect((await found({ role: 'admin', state: 'active' })).every(({ role, suspension }) => role === 'admin' && suspension === null)).toBe(true);
    expect((await found({ state: 'suspended' })).map(({ id }) => id)).toContain(asha.person.id);
    expect((await found({ state: 'active' })).map(({ id }) => id)).not.toContain(asha.person.id);
  });

  it('finds who has closed their account, and when it goes, and knows that nobody is active there', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    answer(await identity.departures.deactivate(callerOf(asha), { password }));
    const { dueAt } = answer(await identity.departures.delete(callerOf(ravi), { password }));
    const closed = new Map((await found({ state: 'closed' })).map((account) => [account.id, account]));
    expect(closed.get(asha.person.id)).toMatchObject({ deactivatedAt: expect.any(String), deletionDueAt: null });
    expect(closed.get(ravi.person.id)).toMatchObject({ deactivatedAt: expect.any(String), deletionDueAt: dueAt });
    const active = (await found({ state: 'active' })).map(({ id }) => id);
    for (const { person } of [asha, ravi]) expect(active).not.toContain(person.id);
  });

  it('finds by how a handle begins that somebody has, and not by one that was given up', async () => {
    const asha = await someone();
    for (const handle of ['runs.early', 'swims_late']) answer(await identity.profiles.change(asha.person.id, { handle }));
    for (const text of ['swims_late', 'SWIMS_']) expect((await found({ text })).map(({ id }) => id)).toEqual([asha.person.id]);
    for (const text of ['wims_late', 'swimsXlate', 'runs.early']) expect(await found({ text })).toEqual([]);
  });

  it('tells the newest first, each once, page by page', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await someone('member', 'Pagination')).person.id);
    const read: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = answer(await identity.accounts.list({ text: 'pagination', limit: 2, ...(after === undefined ? {} : { after }) }));
      read.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    expect(read).toEqual(made);
    expect(isRefusal(await identity.accounts.list({ limit: 2, after: 'nonsense' }))).toBe(true);
  });

  it('reads one, and says whom it does not know', async () => {
    const asha = await someone();
    expect(await identity.accounts.read({ personId: asha.person.id })).toEqual({ ...asha.person, suspension: null, deactivatedAt: null, deletionDueAt: null });
    expect(await identity.accounts.read({ personId: uuidv7() })).toEqual(PersonUnknown());
  });
});
