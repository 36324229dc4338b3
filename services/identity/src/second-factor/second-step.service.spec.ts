import { ChallengeRefused, isRefusal, WrongCode, WrongCredentials } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { codesOf, password, Protected } from '../../test/second-factor.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const signIn = (input: Parameters<typeof identity.secondSteps.signIn>[0]) => identity.secondSteps.signIn(input);
const sessionsOf = async (asha: Protected) => answer(await identity.sessions.list(asha.caller, { limit: 20 })).items;
const notedOf = async (asha: Protected, what: 'second_factor_failed' | 'recovery_code_used') => answer(await identity.audit.all({ about: asha.caller.personId, what, limit: 100 })).items;

describe('a sign-in in two steps', () => {
  it('gives nothing for the password alone, and a session on that device for the code', async () => {
    const asha = await Protected.withCodes(identity);
    expect(await asha.signsIn()).toMatchObject({ code: 'identity.second_factor_needed', status: 403, facts: { challenge: expect.any(String), methods: ['totp', 'recovery_code'] } });
    expect(await sessionsOf(asha)).toHaveLength(1);
    const session = answer(await signIn({ challenge: await asha.challenge(), code: asha.nextCode() }));
    expect(session.person).toEqual(asha.session.person);
    expect((await sessionsOf(asha)).map(({ device }) => device)).toEqual(['Asha’s phone', null]);
  });

  it('says the same of a wrong password as ever', async () => {
    const asha = await Protected.withCodes(identity);
    expect(await asha.signsIn('not this one')).toMatchObject(WrongCredentials());
  });

  it('takes each recovery code once, and says how many are left', async () => {
    const asha = await Protected.withCodes(identity);
    const [recoveryCode] = asha.recoveryCodes as [string];
    answer(await signIn({ challenge: await asha.challenge(), recoveryCode: recoveryCode.toUpperCase().replaceAll('-', ' ') }));
    expect(await signIn({ challenge: await asha.challenge(), recoveryCode })).toMatchObject(WrongCode());
    expect(await identity.secondFactors.find(asha.caller.personId)).toMatchObject({ recoveryCodesLeft: 9 });
    expect(await notedOf(asha, 'recovery_code_used')).toMatchObject([{ who: asha.caller.personId, device: 'Asha’s phone' }]);
    expect(await notedOf(asha, 'second_factor_failed')).toMatchObject([{ who: null, device: 'Asha’s phone', details: { method: 'recovery_code' } }]);
  });

  it('takes nobody else’s code, and nobody else’s recovery code', async () => {
    const [asha, ravi] = [await Protected.withCodes(identity), await Protected.withCodes(identity)];
    const challenge = await asha.challenge();
    expect(await signIn({ challenge, code: ravi.nextCode() })).toMatchObject(WrongCode());
    expect(await signIn({ challenge, recoveryCode: ravi.recoveryCodes[0]! })).toMatchObject(WrongCode());
    expect(await identity.secondFactors.find(ravi.caller.personId)).toMatchObject({ recoveryCodesLeft: 10 });
    expect(answer(await signIn({ challenge, code: asha.nextCode() })).person.id).toBe(asha.caller.personId);
  });

  it('is refused at its end to whoever was suspended', async () => {
    const asha = await Protected.withCodes(identity);
    const challenge = await asha.challenge();
    await database.db.query(`UPDATE person SET suspended_at = now(), suspended_by = id, suspension_reason = 'spam' WHERE id = $1`, [asha.caller.personId]);
    expect(await signIn({ challenge, code: asha.nextCode() })).toMatchObject({ code: 'identity.suspended' });
  });

  it('ends where another password was chosen or codes were turned off, and cannot be made up', async () => {
    const [asha, ravi, mina] = [await Protected.withCodes(identity), await Protected.withCodes(identity), await Protected.withCodes(identity)];
    const [first, second, third] = [await asha.challenge(), await ravi.challenge(), await mina.challenge()];
    answer(await identity.passwordChanges.change(asha.caller, { password, code: asha.nextCode(), newPassword: 'another long password' }));
    expect(await signIn({ challenge: first, recoveryCode: asha.recoveryCodes[0] })).toEqual(ChallengeRefused());
    answer(await identity.secondFactors.remove(ravi.caller, { password, code: ravi.nextCode() }));
    expect(await signIn({ challenge: second, code: ravi.nextCode() })).toEqual(ChallengeRefused());
    expect(await signIn({ challenge: `${third}x`, code: mina.nextCode() })).toEqual(ChallengeRefused());
  });

  it('goes on with one proof, never with none or two', async () => {
    const asha = await Protected.withCodes(identity);
    const challenge = await asha.challenge();
    expect(await signIn({ challenge })).toMatchObject({ code: 'request.invalid' });
    expect(await signIn({ challenge, code: asha.nextCode(), recoveryCode: asha.recoveryCodes[0]! })).toMatchObject({ code: 'request.invalid' });
  });
});

describe('fifty at once', () => {
  const fifty = <R>(work: (n: number) => Promise<R>): Promise<R[]> => Promise.all(Array.from({ length: 50 }, (_, n) => work(n)));

  it('with one code are through once', async () => {
    const asha = await Protected.withCodes(identity);
    const challenges = await Promise.all(Array.from({ length: 10 }, () => asha.challenge()));
    const code = asha.nextCode();
    const outcomes = await fifty((n) => signIn({ challenge: challenges[n % 10]!, code }));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(await sessionsOf(asha)).toHaveLength(2);
  });

  it('with one challenge are through once, whatever codes they have', async () => {
    const asha = await Protected.withCodes(identity);
    const challenge = await asha.challenge();
    const outcomes = await fifty((n) => signIn({ challenge, recoveryCode: asha.recoveryCodes[n % 10]! }));
    expect(codesOf(outcomes)).toEqual({ answered: 1, 'identity.challenge_refused': 49 });
    expect(await identity.secondFactors.find(asha.caller.personId)).toMatchObject({ recoveryCodesLeft: 9 });
  });

  it('who guess in one sign-in have five guesses, and the right code comes too late', async () => {
    const asha = await Protected.withCodes(identity);
    const [challenge, code] = [await asha.challenge(), asha.app.wrongCode];
    expect(codesOf(await fifty(() => signIn({ challenge, code })))).toEqual({ 'identity.wrong_code': 5, 'identity.challenge_refused': 45 });
    const right = asha.nextCode();
    expect(await signIn({ challenge, code: right })).toEqual(ChallengeRefused());
    answer(await signIn({ challenge: await asha.challenge(), code: right }));
  });

  it('who guess in many sign-ins have ten guesses together, and each is noted', async () => {
    const asha = await Protected.withCodes(identity);
    const challenges: string[] = [];
    while (challenges.length < 50) challenges.push(await asha.challenge());
    const code = asha.app.wrongCode;
    expect(codesOf(await fifty((n) => signIn({ challenge: challenges[n]!, code })))).toEqual({ 'identity.wrong_code': 10, 'identity.too_many_codes': 40 });
    expect(await notedOf(asha, 'second_factor_failed')).toHaveLength(10);
    await database.db.query(`UPDATE totp SET wrong_codes = ARRAY(SELECT wrong - interval '16 minutes' FROM unnest(wrong_codes) AS wrong) WHERE person_id = $1`, [asha.caller.personId]);
    answer(await signIn({ challenge: await asha.challenge(), code: asha.nextCode() }));
  });

  it('who sign in with the password while codes are turned on have ended by then, or are asked for one', async () => {
    const asha = await Protected.withPassword(identity);
    await asha.begins();
    const outcomes = await Promise.all([
      identity.secondFactors.confirm(asha.caller, { code: asha.nextCode() }),
      ...Array.from({ length: 50 }, () => asha.signsIn()),
    ]);
    const [turnedOn] = await database.db.query<{ after: number }>(
      `SELECT count(*)::int AS after FROM session JOIN totp USING (person_id) WHERE person_id = $1 AND uuid_extract_timestamp(session.id) > confirmed_at`, [asha.caller.personId]);
    expect(codesOf(outcomes.slice(0, 1))).toEqual({ answered: 1 });
    expect(turnedOn!.after).toBe(0);
    expect(await asha.signsIn()).toMatchObject({ code: 'identity.second_factor_needed' });
  });
});
