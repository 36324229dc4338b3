import { within } from '@mela/bus';
import { isRefusal, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db, { IDENTITY_HASHING_QUEUE: 1_000 });
});
afterAll(() => database?.close());

const password = 'patan-after-the-rain';
let people = 0;
const from = <R>(address: string, work: () => Promise<R>): Promise<R> => within({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, origin: { address } }, work);
const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.code : 'in');
const signIn = (email: string, address: string, tried = password) => from(address, () => identity.signIns.signIn({ email, password: tried }));
const someone = async (address: string) => {
  const email = `guessed-at-${++people}@example.org`;
  const { person } = (await from(address, () => identity.people.register({ email, password, name: 'Somebody' }))) as Session;
  return { email, id: person.id };
};
const daysAgo = (id: string, days: number) => database.db.query('UPDATE familiar_place SET seen_at = now() - make_interval(days => $2) WHERE person_id = $1', [id, days]);
async function reset(email: string, address: string, newPassword: string): Promise<void> {
  await identity.passwords.forgot({ email });
  const [row] = await database.db.query<{ id: string }>(`SELECT id FROM verification WHERE email = $1 AND purpose = 'reset_password'`, [email]);
  const mail = await identity.mails.due({ about: 'verification', id: row!.id });
  answer(await from(address, () => identity.passwords.reset({ token: mail.needed ? mail.token! : '', newPassword })));
}
const guess = (times: number, email: string, address: (n: number) => string) => Promise.all(Array.from({ length: times }, async (_, n) => codeOf(await signIn(email, address(n), 'a wrong password'))));
const tally = (codes: readonly string[]) => Object.fromEntries([...Map.groupBy(codes, (code) => code)].map(([code, all]) => [code, all.length]));

describe('guessing a password', () => {
  it('ends after twenty attempts, however many are made at once and from however many places', async () => {
    const asha = await someone('192.0.2.1');
    expect(tally(await guess(60, asha.email, (n) => `198.51.100.${n}`))).toEqual({ 'identity.wrong_credentials': 20, 'identity.too_many_attempts': 40 });
    expect(await signIn(asha.email, '198.51.100.200')).toMatchObject({ code: 'identity.too_many_attempts', facts: { retryAfter: expect.any(Number) } });
  });

  it('from elsewhere keeps nobody out where they are at home', async () => {
    const asha = await someone('192.0.2.2');
    await guess(60, asha.email, (n) => `198.51.100.${n}`);
    expect(codeOf(await signIn(asha.email, '192.0.2.2'))).toBe('in');
  });

  it('at home ends, too, and a right one forgets what was counted', async () => {
    const asha = await someone('192.0.2.3');
    for (let turn = 0; turn < 3; turn++) {
      await guess(15, asha.email, () => '192.0.2.3');
      expect(codeOf(await signIn(asha.email, '192.0.2.3'))).toBe('in');
    }
    expect(tally(await guess(50, asha.email, () => '192.0.2.3'))).toEqual({ 'identity.wrong_credentials': 20, 'identity.too_many_attempts': 30 });
  });

  it('of many accounts from one place ends at the hundredth; its neighbours with accounts of their own go on', async () => {
    const neighbour = await someone('203.0.113.9');
    const codes = await Promise.all(Array.from({ length: 120 }, async (_, n) => codeOf(await signIn(`nobody-${n}@example.org`, '203.0.113.9', 'a wrong password'))));
    expect(tally(codes)).toEqual({ 'identity.wrong_credentials': 100, 'identity.too_many_attempts': 20 });
    expect(codeOf(await signIn(neighbour.email, '203.0.113.9'))).toBe('in');
  });

  it('is counted alike for an address that nobody has', async () => {
    expect(tally(await guess(30, 'nobody@example.org', (n) => `198.51.100.${100 + n}`))).toEqual({ 'identity.wrong_credentials': 20, 'identity.too_many_attempts': 10 });
  });

  it('begins anew when its time is over', async () => {
    const asha = await someone('192.0.2.4');
    await guess(25, asha.email, () => '198.51.100.1');
    await database.db.query(`UPDATE sign_in_attempt SET until = now() - interval '1 second'`);
    expect(codeOf(await signIn(asha.email, '198.51.100.1'))).toBe('in');
  });

  it('keeps nobody out at home whose session may have lived until now, nor for a month after it', async () => {
    const asha = await someone('192.0.2.10');
    await guess(25, asha.email, (n) => `198.51.100.${n}`);
    for (const [days, outcome] of [[60, 'in'], [89, 'in'], [91, 'identity.too_many_attempts']] as const) {
      await daysAgo(asha.id, days);
      await identity.throttle.tidy();
      expect(codeOf(await signIn(asha.email, '192.0.2.10'))).toBe(outcome);
    }
  });

  it('keeps nobody out who has their password reset: not where they did that, whoever goes on guessing, nor where they guessed themselves', async () => {
    const asha = await someone('192.0.2.11');
    await database.db.query('UPDATE person SET email_verified_at = now() WHERE id = $1', [asha.id]);
    const [newPassword, elsewhere] = ['gorkha-before-the-snow', '198.51.100.250'];
    await guess(25, asha.email, () => '192.0.2.11');
    await guess(25, asha.email, (n) => `198.51.100.${n}`);
    for (const address of ['192.0.2.11', elsewhere]) expect(codeOf(await signIn(asha.email, address))).toBe('identity.too_many_attempts');

    await reset(asha.email, elsewhere, newPassword);
    expect(codeOf(await signIn(asha.email, '192.0.2.11', newPassword))).toBe('in');
    await guess(25, asha.email, (n) => `198.51.100.${n}`);
    expect(codeOf(await signIn(asha.email, elsewhere, newPassword))).toBe('in');
  });

  it('does not count where nobody looked at the password', async () => {
    const narrow = await identityOn(database.db, { IDENTITY_HASHING_LANES: 1, IDENTITY_HASHING_QUEUE: 0 });
    const asha = await someone('192.0.2.5');
    const codes = await Promise.all(Array.from({ length: 20 }, async () => codeOf(await from('198.51.100.77', () => narrow.signIns.signIn({ email: asha.email, password: 'a wrong password' })))));
    const looked = codes.filter((code) => code === 'identity.wrong_credentials').length;
    expect(looked).toBeLessThan(20);
    const rest = await guess(60, asha.email, () => '198.51.100.77');
    expect(tally(rest)['identity.wrong_credentials']).toBe(20 - looked);
  });
});

describe('signing in from where one never did', () => {
  const saidOf = async (id: string) => (await database.events()).filter(({ type, data }) => type === 'session.opened_elsewhere' && data['userId'] === id);

  it('is told to whoever has signed in elsewhere, once for each place', async () => {
    const asha = await someone('192.0.2.6');
    expect(await saidOf(asha.id)).toEqual([]);
    await signIn(asha.email, '198.51.100.6');
    await signIn(asha.email, '198.51.100.6');
    await signIn(asha.email, '192.0.2.6');
    const [said, ...more] = await saidOf(asha.id);
    expect(more).toEqual([]);
    await identity.sessions.signOut({ personId: asha.id, sessionId: 'another', role: 'member' }, { everywhere: true });
    const ofIt = (await database.events()).filter(({ aggregate }) => aggregate === said!.aggregate);
    expect(ofIt.map(({ type, version }) => [type, version])).toEqual([['session.opened_elsewhere', 1], ['session.revoked', 2]]);
  });

  it('is told to whoever has only refreshed for as long as a session lives', async () => {
    const asha = await someone('192.0.2.13');
    await daysAgo(asha.id, 60);
    await identity.throttle.tidy();
    await signIn(asha.email, '198.51.100.13');
    expect(await saidOf(asha.id)).toHaveLength(1);
  });

  it('is told of where whoever registered an address did, once it has shown to be another’s', async () => {
    const [squatted, newPassword] = [await someone('192.0.2.14'), 'gorkha-before-the-snow'];
    await reset(squatted.email, '198.51.100.14', newPassword);
    await signIn(squatted.email, '198.51.100.14', newPassword);
    expect(await saidOf(squatted.id)).toEqual([]);
    await signIn(squatted.email, '192.0.2.14', newPassword);
    expect(await saidOf(squatted.id)).toHaveLength(1);
  });

  it('counts neighbours of an IPv6 network as one place, and keeps twenty', async () => {
    const asha = await someone('2001:db8:1:2::1');
    await signIn(asha.email, '2001:db8:1:2:ffff::9');
    expect(await saidOf(asha.id)).toEqual([]);
    for (let n = 0; n < 25; n++) await signIn(asha.email, `198.51.100.${n}`);
    expect(await saidOf(asha.id)).toHaveLength(25);
    expect(await database.db.query('SELECT 1 FROM familiar_place WHERE person_id = $1', [asha.id])).toHaveLength(20);
  });
});
