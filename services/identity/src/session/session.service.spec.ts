import { TokenVerifier } from '@mela/chassis';
import { isRefusal, RefreshRefused, SessionUnknown, type Refusal, type Session } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceDatabase } from '@mela/testkit';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
const session = (outcome: Session | Refusal): Session => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
let people = 0;
const someone = async (): Promise<Session> =>
  session(await identity.people.register({ email: `someone-${++people}@example.org`, password, name: 'Someone' }));
const refresh = (refreshToken: string) => identity.sessions.refresh({ refreshToken });
const sidOf = ({ accessToken }: Session): string => JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid;
const graceEnds = (of: Session) => database.db.query(`UPDATE session SET rotated_at = rotated_at - interval '31 seconds' WHERE id = $1`, [sidOf(of)]);

describe('refreshing', () => {
  it('exchanges the token for another, of the same session', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    const third = session(await refresh(second.refreshToken));
    expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3);
    expect([sidOf(second), sidOf(third)]).toEqual([sidOf(first), sidOf(first)]);
    expect(third.person).toEqual(first.person);
  });

  it('leaves one living family, and one living token, of fifty at once', async () => {
    const first = await someone();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => refresh(first.refreshToken)));
    const tokens = new Set(outcomes.map((outcome) => session(outcome).refreshToken));
    expect(tokens.size).toBe(1);
    expect(await database.db.query('SELECT generation, revoked_at FROM session WHERE person_id = $1', [first.person.id])).toEqual([{ generation: 2, revoked_at: null }]);
    session(await refresh([...tokens][0]!));
  });

  it('gives the same successor again within the grace, and ends the session after it', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    expect(session(await refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    await graceEnds(first);
    expect(await refresh(first.refreshToken)).toMatchObject(RefreshRefused());
    expect(await refresh(second.refreshToken)).toMatchObject(RefreshRefused());
  });

  it('ends the session for everyone when an older token comes back, even within the grace', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    const third = session(await refresh(second.refreshToken));
    expect(await refresh(first.refreshToken)).toMatchObject(RefreshRefused());
    expect(await refresh(third.refreshToken)).toMatchObject(RefreshRefused());
  });

  it('ends the session also when the thief’s request is part of a larger transaction that goes on', async () => {
    const first = await someone();
    await refresh(first.refreshToken);
    await graceEnds(first);
    await database.db.transaction(async () => ({ recorded: await refresh(first.refreshToken) }));
    const [row] = await database.db.query<{ revoked: boolean }>('SELECT revoked_at IS NOT NULL AS revoked FROM session WHERE id = $1', [sidOf(first)]);
    expect(row).toEqual({ revoked: true });
  });

  it('leaves the other sessions of the person alone', async () => {
    const phone = await someone();
    const laptop = session(await identity.signIns.signIn({ email: phone.person.email, password }));
    const next = session(await refresh(phone.refreshToken));
    await graceEnds(phone);
    await refresh(phone.refreshToken);
    expect(await refresh(next.refreshToken)).toMatchObject(RefreshRefused());
    session(await refresh(laptop.refreshToken));
  });

  it('ends with the session, however often it was refreshed', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    await database.db.query('UPDATE session SET expires_at = now() WHERE id = $1', [sidOf(first)]);
    expect(await refresh(second.refreshToken)).toEqual(RefreshRefused());
  });

  it('knows nothing of an invented token, and keeps none in clear', async () => {
    const { refreshToken, person } = await someone();
    for (const invented of ['', 'x', `${refreshToken}x`, refreshToken.split('').toReversed().join('')]) expect(await refresh(invented)).toEqual(RefreshRefused());
    const [row] = await database.db.query<{ text: string }>('SELECT session::text AS text FROM session WHERE person_id = $1', [person.id]);
    expect(row!.text).not.toContain(refreshToken);
    expect(row!.text).not.toContain(Buffer.from(refreshToken, 'base64url').toString('hex'));
  });
});

describe('being signed in', () => {
  const signIn = async (email: string, device?: string) => session(await identity.signIns.signIn({ email, password, ...(device === undefined ? {} : { device }) }));
  const callerOf = (of: Session) => ({ personId: of.person.id, sessionId: sidOf(of), role: 'member' as const });
  const listed = async (of: Session, page: { after?: string; limit: number } = { limit: 20 }) => answer(await identity.sessions.list(callerOf(of), page));
  const saidOf = async (of: Session) => (await database.events()).filter(({ aggregate }) => aggregate === sidOf(of));

  it('is told device by device, the latest first', async () => {
    const first = await someone();
    const second = await signIn(first.person.email, 'Asha’s phone');
    expect((await listed(second)).items.map(({ id, device, isCurrent }) => ({ id, device, isCurrent }))).toEqual([
      { id: sidOf(second), device: 'Asha’s phone', isCurrent: true },
      { id: sidOf(first), device: null, isCurrent: false },
    ]);
  });

  it('is told page by page, each once, also where thousands began at the same moment', async () => {
    const asha = await someone();
    await database.db.query(
      `INSERT INTO session (id, person_id, token_hash, device, expires_at) SELECT gen_random_uuid(), $1, sha256(n::text::bytea), repeat('x', 100), now() + interval '1 day' FROM generate_series(1, 6000) AS n`,
      [asha.person.id],
    );
    const read: { id: string; isCurrent: boolean }[] = [];
    for (let after: string | undefined; ; ) {
      const page = await listed(asha, { limit: 100, ...(after === undefined ? {} : { after }) });
      read.push(...page.items);
      if (page.next === null) break;
      after = page.next;
    }
    expect(new Set(read.map(({ id }) => id)).size).toBe(6_001);
    expect(read).toHaveLength(6_001);
    expect(read.filter(({ isCurrent }) => isCurrent).map(({ id }) => id)).toEqual([sidOf(asha)]);
    for (const after of ['', 'nonsense']) expect(await identity.sessions.list(callerOf(asha), { limit: 20, after })).toMatchObject({ code: 'request.bad_cursor' });
  });

  it('ends where it is ended, and says so once', async () => {
    const first = await someone();
    const second = await signIn(first.person.email);
    expect(await identity.sessions.endOne(callerOf(second), sidOf(first))).toEqual({ ended: 1 });
    expect(await identity.sessions.endOne(callerOf(second), sidOf(first))).toEqual(SessionUnknown());
    expect(await refresh(first.refreshToken)).toEqual(RefreshRefused());
    expect((await listed(second)).items.map(({ id }) => id)).toEqual([sidOf(second)]);
    expect(await saidOf(first)).toEqual([{ type: 'session.revoked', aggregate: sidOf(first), version: 1, data: { sessionId: sidOf(first), userId: first.person.id } }]);
  });

  it('is forgotten once it is over', async () => {
    const [over, alive] = [await someone(), await someone()];
    await database.db.query('UPDATE session SET expires_at = now() WHERE id = $1', [sidOf(over)]);
    await identity.sessions.tidy();
    expect(await database.db.query('SELECT id FROM session WHERE id IN ($1, $2)', [sidOf(over), sidOf(alive)])).toEqual([{ id: sidOf(alive) }]);
  });

  it('is nobody else’s to end', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    expect(await identity.sessions.endOne(callerOf(ravi), sidOf(asha))).toEqual(SessionUnknown());
    session(await refresh(asha.refreshToken));
  });

  it('ends here, or everywhere', async () => {
    const first = await someone();
    const [second, third] = [await signIn(first.person.email), await signIn(first.person.email)];
    expect(await identity.sessions.signOut(callerOf(third), { everywhere: false })).toEqual({ ended: 1 });
    expect(await identity.sessions.signOut(callerOf(third), { everywhere: false })).toEqual({ ended: 0 });
    expect(await identity.sessions.signOut(callerOf(second), { everywhere: true })).toEqual({ ended: 2 });
    expect(await refresh(first.refreshToken)).toEqual(RefreshRefused());
  });

  it('ends for everybody who holds a token that was copied, and that is said', async () => {
    const asha = await someone();
    session(await refresh(asha.refreshToken));
    await graceEnds(asha);
    expect(await refresh(asha.refreshToken)).toMatchObject(RefreshRefused());
    expect((await saidOf(asha)).map(({ type }) => type)).toEqual(['session.revoked']);
  });
});

describe('a role on the platform', () => {
  const callerOf = (of: Session) => ({ personId: of.person.id, sessionId: sidOf(of), role: 'super_admin' as const });
  const roleOf = async (of: Session) => {
    const person = await identity.people.find(of.person.id);
    return isRefusal(person) ? person : person.role;
  };

  it('is in the tokens of whoever has it, and those of before are worth nothing', async () => {
    const before = await someone();
    expect(await identity.people.appoint({ email: before.person.email, role: 'admin' })).toMatchObject({ role: 'admin' });
    expect(await refresh(before.refreshToken)).toEqual(RefreshRefused());
    const after = session(await identity.signIns.signIn({ email: before.person.email, password }));
    const keys = { keys: [...(await identity.keys.published())] };
    expect(await new TokenVerifier(async () => keys).verify(after.accessToken)).toMatchObject({ caller: { role: 'admin' } });
    const said = (await database.events()).filter(({ aggregate, type }) => aggregate === before.person.id && type === 'user.role_changed');
    expect(said).toEqual([{ type: 'user.role_changed', aggregate: before.person.id, version: 2, data: { userId: before.person.id, role: 'admin' } }]);
  });

  it('stays with one of fifty super-admins who depose each other at once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => someone()));
    for (const one of all) await identity.people.appoint({ email: one.person.email, role: 'super_admin' });
    const outcomes = await Promise.all(all.map((one) => identity.people.changeRole(callerOf(one), { personId: one.person.id, role: 'member' })));
    expect(outcomes.filter(isRefusal).map(({ code }) => code)).toEqual(['identity.last_super_admin']);
    expect((await Promise.all(all.map(roleOf))).filter((role) => role === 'super_admin')).toHaveLength(1);
  });
});
