import { within } from '@mela/bus';
import { Db, Tx } from '@mela/chassis';
import { isRefusal, RefreshRefused, WrongCredentials, type AuditEntry, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
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
const someone = async (): Promise<Session> => answer(await identity.people.register({ email: `someone-${++people}@example.org`, password, name: 'Someone' }));
const sidOf = ({ accessToken }: Session): string => JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid;
const callerOf = (of: Session) => ({ personId: of.person.id, sessionId: sidOf(of), role: of.person.role });
const all = async (filter: object = {}): Promise<AuditEntry[]> => answer(await identity.audit.all({ limit: 100, ...filter })).items;
const storyOf = async ({ person }: Session): Promise<string[]> => (await all({ about: person.id })).map(({ what }) => what).toReversed();

describe('the audit log', () => {
  it('tells the story of an account', async () => {
    const first = await someone();
    const second = answer(await identity.signIns.signIn({ email: first.person.email, password, device: 'Asha’s phone' }));
    await identity.signIns.signIn({ email: first.person.email, password: 'not this one' });
    await identity.sessions.endOne(callerOf(second), sidOf(first));
    await identity.passwordChanges.change(callerOf(second), { password, newPassword: 'another long password' });
    await identity.sessions.signOut(callerOf(second), { everywhere: false });
    await identity.sessions.signOut(callerOf(second), { everywhere: false });
    await identity.people.appoint({ email: first.person.email, role: 'admin' });
    expect(await storyOf(first)).toEqual(['registered', 'signed_in', 'signed_in', 'sign_in_failed', 'session_ended', 'password_changed', 'signed_out', 'appointed']);
    expect(await all({ about: first.person.id, what: 'appointed' })).toMatchObject([{ who: null, details: { from: 'member', to: 'admin' } }]);
    expect((await all({ about: first.person.id, what: 'signed_in' }))[0]).toMatchObject({ who: first.person.id, device: 'Asha’s phone', details: { sessionId: sidOf(second) } });
  });

  it('says where it came from, and in which trace', async () => {
    const context = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', origin: { address: '203.0.113.9', agent: 'Mela/2' } };
    const { person } = await within(context, someone);
    for (const entry of await all({ about: person.id })) expect(entry).toMatchObject({ clientAddress: '203.0.113.9', userAgent: 'Mela/2', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
  });

  it('notes that a refresh token came back, though that is refused', async () => {
    const first = await someone();
    await identity.sessions.refresh({ refreshToken: first.refreshToken });
    await database.db.query(`UPDATE session SET rotated_at = rotated_at - interval '31 seconds' WHERE id = $1`, [sidOf(first)]);
    expect(await identity.sessions.refresh({ refreshToken: first.refreshToken })).toMatchObject(RefreshRefused());
    expect(await all({ about: first.person.id, what: 'refresh_token_reused' })).toMatchObject([{ who: null, details: { sessionId: sidOf(first) } }]);
  });

  it('notes an attempt at an address that nobody has, also in a larger transaction that goes on, and never the address', async () => {
    for (const email of ['stranger@example.org', 'STRANGER@example.org', 'other@example.org'])
      expect(await database.db.transaction(async () => ({ outcome: await identity.signIns.signIn({ email, password }) }))).toMatchObject({ outcome: WrongCredentials() });
    const [other, again, first] = await all({ what: 'sign_in_failed' });
    expect(first).toMatchObject({ who: null, about: null, details: { stranger: expect.any(String) } });
    expect(again!.details).toEqual(first!.details);
    expect(other!.details).not.toEqual(first!.details);
    const [kept] = await database.db.query<{ text: string }>(`SELECT string_agg(audit::text, ' ') AS text FROM audit`);
    expect(kept!.text.toLowerCase()).not.toMatch(/stranger@|other@/);
  });

  it('is written by the same statements whether somebody has the address or nobody: what it takes tells neither', async () => {
    const { person } = await someone();
    const stepsOf = async (email: string): Promise<unknown[]> => {
      const spies = [vi.spyOn(Db.prototype, 'query'), vi.spyOn(Tx.prototype, 'query')];
      await identity.signIns.signIn({ email, password: 'not this one' });
      const steps = spies.map(({ mock }) => mock.calls.map(([statement]) => statement));
      for (const spy of spies) spy.mockRestore();
      return steps;
    };
    const steps = await stepsOf(person.email);
    expect(steps.flat()).toHaveLength(3);
    expect(await stepsOf('nobody-at-all@example.org')).toEqual(steps);
  });

  it('holds no secret', async () => {
    const first = await someone();
    const next = answer(await identity.sessions.refresh({ refreshToken: first.refreshToken }));
    await identity.passwordChanges.change(callerOf(first), { password, newPassword: 'a secret of the spec' });
    const [kept] = await database.db.query<{ text: string }>(`SELECT string_agg(audit::text, ' ') AS text FROM audit`);
    for (const secret of [password, 'a secret of the spec', first.refreshToken, next.refreshToken, first.accessToken, '$argon2id', first.person.email]) expect(kept!.text).not.toContain(secret);
  });

  it('has a note only of what was done', async () => {
    const first = await someone();
    await identity.sessions.endOne(callerOf(first), uuidv7());
    await expect(database.db.transaction(async () => (await identity.sessions.signOut(callerOf(first), { everywhere: false }), Promise.reject(new Error('undone'))))).rejects.toThrow('undone');
    expect(await storyOf(first)).toEqual(['registered', 'signed_in']);
  });
});

describe('reading it', () => {
  it('shows a person what is about them and nothing else, page by page', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    for (let n = 0; n < 5; n++) await identity.signIns.signIn({ email: asha.person.email, password });
    const read: AuditEntry[] = [];
    for (let after: string | undefined; ; ) {
      const page = answer(await identity.audit.mine(callerOf(asha), { limit: 2, ...(after === undefined ? {} : { after }) }));
      read.push(...page.items);
      if (page.next === null) break;
      after = page.next;
    }
    expect(read.map(({ what }) => what)).toEqual([...Array.from({ length: 6 }, () => 'signed_in'), 'registered'].toSorted((a, b) => (a === 'registered' ? 1 : b === 'registered' ? -1 : 0)));
    expect(new Set(read.map(({ id }) => id)).size).toBe(7);
    expect(read.every(({ about }) => about === asha.person.id)).toBe(true);
    expect(answer(await identity.audit.mine(callerOf(ravi), { limit: 100 })).items.every(({ about }) => about === ravi.person.id)).toBe(true);
    expect(answer(await identity.audit.mine(callerOf(asha), { limit: 100, what: 'registered' })).items).toHaveLength(1);
  });

  it('is narrowed by what, who, whom and when', async () => {
    const asha = await someone();
    const [{ at }] = (await all({ about: asha.person.id })) as [AuditEntry];
    const later = new Date(Date.parse(at) + 1_000).toISOString();
    expect(await all({ who: asha.person.id, from: at, to: later })).toHaveLength(2);
    expect(await all({ who: asha.person.id, from: later })).toEqual([]);
    expect(await all({ who: asha.person.id, to: at })).toEqual([]);
    expect(isRefusal(await identity.audit.all({ limit: 1, after: 'nonsense' }))).toBe(true);
  });

  it('by the operator is noted once, whatever the number of pages', async () => {
    const before = (await all({ what: 'audit_exported' })).length;
    const from = new Date(0).toISOString();
    const page = answer(await identity.audit.export({ from, limit: 3 }));
    await identity.audit.export({ from, limit: 3, after: page.next! });
    const after = await all({ what: 'audit_exported' });
    expect(after).toHaveLength(before + 1);
    expect(after[0]).toMatchObject({ who: null, details: { from, to: null } });
  });
});

describe('what was noted', () => {
  const aged = async (days: number): Promise<string> => {
    const id = uuidv7();
    await database.db.query(`INSERT INTO audit (id, at, what) VALUES ($1, now() - make_interval(days => $2), 'signed_in')`, [id, days]);
    return id;
  };
  const kept = async (ids: string[]) => (await database.db.query<{ id: string }>('SELECT id FROM audit WHERE id = ANY($1)', [ids])).map(({ id }) => id);

  it('is neither changed nor removed, by whoever may do all else', async () => {
    const [young, old] = [await aged(0), await aged(1_000)];
    for (const id of [young, old]) {
      await expect(database.db.query(`UPDATE audit SET what = 'signed_out' WHERE id = $1`, [id])).rejects.toThrow('only ever added to');
      await expect(database.db.query('DELETE FROM audit WHERE id = $1', [id])).rejects.toThrow('only ever added to');
    }
    await expect(database.db.query('TRUNCATE audit')).rejects.toThrow('only ever added to');
    expect(await kept([young, old])).toHaveLength(2);
  });

  it('stays for thirty days, whoever says that it may go', async () => {
    const young = await aged(29);
    const removed = database.db.transaction(async (tx) => {
      await tx.query(`SELECT set_config('mela.audit_days', '0', true)`);
      await tx.query('DELETE FROM audit WHERE id = $1', [young]);
    });
    await expect(removed).rejects.toThrow('only ever added to');
    expect(await kept([young])).toEqual([young]);
  });

  it('is forgotten when it is older than the setting says', async () => {
    const [young, old] = [await aged(364), await aged(366)];
    await identity.audit.tidy();
    expect(await kept([young, old])).toEqual([young]);
  });

  it('is forgotten in pieces, and once, by many at the same time', async () => {
    await database.db.query(`INSERT INTO audit (id, at, what) SELECT gen_random_uuid(), now() - interval '400 days', 'signed_in' FROM generate_series(1, 12000)`);
    await Promise.all(Array.from({ length: 8 }, () => identity.audit.tidy()));
    expect(await database.db.query(`SELECT 1 FROM audit WHERE at < now() - interval '365 days'`)).toEqual([]);
  });
});
