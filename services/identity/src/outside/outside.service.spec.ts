import { InvalidToken, isRefusal, OutsideEmailUnverified, Suspended, WrongCredentials, WrongPassword, type Refusal, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthenticatorApp } from '../../test/authenticator-app.fixture.ts';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { openProvider } from '../../test/outside.fixture.ts';
import { AddressHasAccount } from './outside.ts';

let database: ServiceDatabase;
let sandbox: Awaited<ReturnType<typeof openProvider>>;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  [database, sandbox] = await Promise.all([openIdentityDatabase(), openProvider()]);
  identity = await identityOn(database.db, { IDENTITY_OIDC: sandbox.IDENTITY_OIDC });
});
afterAll(() => Promise.all([database?.close(), sandbox?.stop()]));

const tokenOf = (sub: string, claims: Record<string, unknown> = {}) => sandbox.server.tokens.make({ claims: { sub, email: `${sub}@outside.example`, email_verified: true, ...claims } });
const signIn = async (sub: string, claims?: Record<string, unknown>) => identity.outside.signIn({ provider: 'sandbox', idToken: await tokenOf(sub, claims), device: 'a phone' });
/** What somebody without a password shows in its place. */
const wordOf = async (sub: string) => ({ word: { provider: 'sandbox', proof: { idToken: await tokenOf(sub) } } });
const signedIn = (outcome: Session | Refusal): Session => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
const callerOf = ({ person, accessToken }: Session) => ({ personId: person.id, sessionId: JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid as string, role: 'member' as const });

describe('somebody with a provider’s word', () => {
  it('has an account from then on, and is the same person the next time, whatever their address is by then', async () => {
    const { person } = signedIn(await signIn('asha', { name: 'Asha Rao' }));
    expect(person).toMatchObject({ email: 'asha@outside.example', name: 'Asha Rao', role: 'member' });
    expect(signedIn(await signIn('asha', { email: 'other@outside.example', email_verified: false })).person).toEqual(person);
    const said = (await database.events()).filter(({ aggregate }) => aggregate === person.id).map(({ type }) => type);
    expect(said).toEqual(['user.registered', 'user.email_verified']);
    const noted = await database.db.query('SELECT what, device, details FROM audit WHERE about = $1 ORDER BY at, id', [person.id]);
    expect(noted).toMatchObject([{ what: 'registered', device: 'a phone', details: { provider: 'sandbox' } }, { what: 'signed_in' }, { what: 'signed_in' }]);
  });

  it('has one account, however many of their devices come first at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, place) => signIn('many', { email: `many-${place}@outside.example` })));
    expect(new Set(outcomes.map((outcome) => signedIn(outcome).person.id)).size).toBe(1);
    const [counted] = await database.db.query(`SELECT count(*)::int AS people FROM person WHERE email LIKE 'many-%'`);
    expect(counted).toEqual({ people: 1 });
  });

  it('comes in whatever their provider calls them, and is called something that can be kept and read', async () => {
    for (const [place, name] of ['a\u0000b', '\u200b', '\u202eimdA'].entries())
      expect(signedIn(await signIn(`odd-${place}`, { name })).person).toMatchObject({ name: `odd-${place}` });
  });

  it('shows a code besides, once codes are on', async () => {
    const caller = callerOf(signedIn(await signIn('careful')));
    answer(await identity.passwordChanges.change(caller, { ...(await wordOf('careful')), newPassword: 'seven lamps beside a slow river' }));
    const app = new AuthenticatorApp(answer(await identity.secondFactors.begin(caller, { password: 'seven lamps beside a slow river' })).secret);
    const step = AuthenticatorApp.now();
    answer(await identity.secondFactors.confirm(caller, { code: app.codeOf(step) }));
    const needed = await signIn('careful');
    expect(needed).toMatchObject({ code: 'identity.second_factor_needed', facts: { challenge: expect.any(String) } });
    const { challenge } = (needed as Refusal).facts as { challenge: string };
    expect(signedIn(await identity.secondSteps.signIn({ challenge, code: app.codeOf(step + 1) })).person.id).toBe(caller.personId);
    const held = answer(await identity.sessions.list(caller, { limit: 20 }));
    expect(held.items.map(({ device }) => device)).toEqual(['a phone', 'a phone']);
  });

  it('is not whoever has their address here already', async () => {
    const { person } = signedIn(await identity.people.register({ email: 'here@outside.example', password: 'a long password', name: 'Here' }));
    expect(await signIn('here')).toEqual(AddressHasAccount());
    expect(await signIn('here', { email: 'HERE@outside.example' })).toEqual(AddressHasAccount());
    expect(await database.db.query('SELECT 1 FROM outside_identity WHERE person_id = $1', [person.id])).toEqual([]);
  });

  it('claims no address that the provider does not vouch for', async () => {
    expect(await signIn('unverified', { email_verified: false })).toEqual(OutsideEmailUnverified());
    signedIn(await identity.people.register({ email: 'unverified@outside.example', password: 'a long password', name: 'Owner' }));
    expect(await signIn('unverified', { email_verified: false })).toEqual(OutsideEmailUnverified());
  });

  it('is not somebody of another issuer who is called the same', async () => {
    const other = await openProvider({ name: 'other' });
    const both = await identityOn(database.db, { IDENTITY_OIDC: [...sandbox.IDENTITY_OIDC, ...other.IDENTITY_OIDC] });
    const { person } = signedIn(await signIn('namesake'));
    const theirs = await other.server.tokens.make({ claims: { sub: 'namesake', email: 'namesake@elsewhere.example', email_verified: true } });
    expect(signedIn(await both.outside.signIn({ provider: 'other', idToken: theirs })).person.id).not.toBe(person.id);
    await other.stop();
  });

  it('stays out while they are suspended', async () => {
    const { person } = signedIn(await signIn('suspended'));
    await database.db.query(`UPDATE person SET suspended_at = now(), suspended_by = id, suspension_reason = 'x' WHERE id = $1`, [person.id]);
    expect(await signIn('suspended')).toMatchObject(Suspended());
    expect(await database.db.query(`SELECT 1 FROM session WHERE person_id = $1`, [person.id])).toHaveLength(1);
  });
});

describe('whoever has no password', () => {
  it('cannot be guessed, and is told of like somebody who is not there', async () => {
    signedIn(await signIn('bare'));
    for (const password of ['', 'null', 'a long password']) expect(await identity.signIns.signIn({ email: 'bare@outside.example', password })).toMatchObject(WrongCredentials());
  });

  it('sets one with their provider’s word, and not without, once: of fifty at once one is set, and signs in with it', async () => {
    const session = signedIn(await signIn('setting'));
    const caller = callerOf(session);
    for (const shown of [{ password: 'some other one' }, {}]) expect(await identity.passwordChanges.change(caller, { ...shown, newPassword: 'seven lamps beside a slow river' })).toMatchObject(WrongPassword());
    const word = await wordOf('setting');
    const tries = Array.from({ length: 50 }, (_, place) => `seven lamps beside ${place} slow rivers`);
    const outcomes = await Promise.all(tries.map((newPassword) => identity.passwordChanges.change(caller, { ...word, newPassword })));
    const set = tries.filter((_, place) => !isRefusal(outcomes[place]));
    expect([set.length, outcomes.filter(isRefusal)]).toEqual([1, Array.from({ length: 49 }, () => WrongPassword())]);
    expect(signedIn(await identity.signIns.signIn({ email: 'setting@outside.example', password: set[0]! })).person.id).toBe(session.person.id);
    expect(await identity.passwordChanges.change(caller, { ...word, newPassword: 'another seven lamps at sea' })).toMatchObject(WrongPassword());
  });
});

it('a link to an account that is gone is gone with it', async () => {
  const { person } = signedIn(await signIn('leaving'));
  await database.db.query('DELETE FROM person WHERE id = $1', [person.id]);
  expect(signedIn(await signIn('leaving')).person.id).not.toBe(person.id);
  expect(await identity.people.find(person.id)).toEqual(InvalidToken('Its account is gone'));
});
