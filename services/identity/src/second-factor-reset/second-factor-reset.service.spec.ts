import { isRefusal, PersonUnknown, SecondFactorOff, type PlatformRole } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { codesOf, Protected } from '../../test/second-factor.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const reason = 'Lost the phone; known to us by voice';

async function lookingAfter(role: PlatformRole): Promise<Protected> {
  const one = await Protected.withCodes(identity);
  await identity.people.appoint({ email: one.session.person.email, role });
  return one;
}
const reset = (by: Protected, { caller }: Protected) => identity.secondFactorResets.reset(by.caller, { personId: caller.personId, reason });
const saidOf = async ({ caller }: Protected, type: string) => (await database.events()).filter((event) => event.type === type && event.data['userId'] === caller.personId);
const alive = ({ caller }: Protected) => database.db.query('SELECT id FROM session WHERE person_id = $1 AND revoked_at IS NULL', [caller.personId]);
const kept = ({ caller }: Protected) => database.db.query('SELECT person_id FROM totp WHERE person_id = $1 UNION ALL SELECT person_id FROM recovery_code WHERE person_id = $1', [caller.personId]);

describe('a person whose phone and recovery codes are gone', () => {
  it('is asked for no code any more, is signed out everywhere, and reads whose doing it was, and why', async () => {
    const [mira, asha] = [await lookingAfter('admin'), await Protected.withCodes(identity)];
    expect(await reset(mira, asha)).toEqual({ ended: 1 });
    expect([await alive(asha), await kept(asha)]).toEqual([[], []]);
    expect(isRefusal(await asha.signsIn())).toBe(false);
    expect((await saidOf(asha, 'user.second_factor_changed')).map(({ data }) => data['change'])).toEqual(['on', 'reset']);
    expect(await saidOf(asha, 'session.revoked')).toHaveLength(1);
    const [, noted] = answer(await identity.audit.mine(asha.caller, { limit: 10 })).items;
    expect(noted).toMatchObject({ what: 'second_factor_reset', who: mira.caller.personId, details: { reason, ended: 1 } });
  });

  it('goes on with no sign-in that was begun before, and may turn codes on anew', async () => {
    const [mira, asha] = [await lookingAfter('admin'), await Protected.withCodes(identity)];
    const challenge = await asha.challenge();
    answer(await reset(mira, asha));
    expect(await identity.secondSteps.signIn({ challenge, code: asha.nextCode() })).toMatchObject({ code: 'identity.challenge_refused' });
    await asha.begins();
    answer(await identity.secondFactors.confirm(asha.caller, { code: asha.nextCode() }));
    expect(await identity.secondSteps.signIn({ challenge: await asha.challenge(), recoveryCode: asha.recoveryCodes[0]! })).toMatchObject({ code: 'identity.wrong_code' });
  });

  it('is helped once by fifty at once, and no sign-in meanwhile outlives it', async () => {
    const [mira, asha] = [await lookingAfter('admin'), await Protected.withCodes(identity)];
    const challenges = await Promise.all(asha.recoveryCodes.map(() => asha.challenge()));
    const enters = (from: number, to: number) => challenges.slice(from, to).map((challenge, n) => identity.secondSteps.signIn({ challenge, recoveryCode: asha.recoveryCodes[from + n]! }));
    const [, resets] = await Promise.all([Promise.all(enters(0, 5)), Promise.all(Array.from({ length: 50 }, () => reset(mira, asha))), Promise.all(enters(5, 10))]);
    expect(codesOf(resets)).toEqual({ answered: 1, 'identity.second_factor_off': 49 });
    expect(await alive(asha)).toEqual([]);
    expect((await saidOf(asha, 'user.second_factor_changed')).map(({ data }) => data['change'])).toEqual(['on', 'reset']);
  });
});

describe('whoever helps', () => {
  it('is who may suspend them, and nobody oneself', async () => {
    const [mira, tara, vera, asha] = [await lookingAfter('admin'), await lookingAfter('admin'), await lookingAfter('super_admin'), await Protected.withCodes(identity)];
    for (const other of [tara, vera]) expect(await reset(mira, other)).toMatchObject({ code: 'access.denied' });
    expect(await reset(asha, mira)).toMatchObject({ code: 'access.denied' });
    expect(await reset(vera, vera)).toMatchObject({ code: 'identity.not_yourself' });
    expect(answer(await reset(vera, tara))).toEqual({ ended: 0 });
    expect(await identity.secondFactorResets.reset(mira.caller, { personId: uuidv7(), reason })).toEqual(PersonUnknown());
  });

  it('is told where no code is asked for: what was merely begun is nothing', async () => {
    const [mira, asha, ravi] = [await lookingAfter('admin'), await Protected.withPassword(identity), await Protected.withPassword(identity)];
    await asha.begins();
    for (const other of [asha, ravi]) expect(await reset(mira, other)).toMatchObject({ code: SecondFactorOff.code });
    expect([await alive(asha), await kept(asha)]).toMatchObject([[{}], [{}]]);
  });

  it('may be the operator, in nobody’s name, also for those whom nobody else may help', async () => {
    const vera = await lookingAfter('super_admin');
    expect(await identity.secondFactorResets.resetAsOperator({ email: 'nobody@example.org', reason })).toEqual(PersonUnknown());
    expect(await identity.secondFactorResets.resetAsOperator({ email: vera.session.person.email.toUpperCase(), reason })).toEqual({ ended: 0 });
    const [noted] = answer(await identity.audit.mine(vera.caller, { limit: 1 })).items;
    expect(noted).toMatchObject({ what: 'second_factor_reset', who: null, details: { reason } });
  });
});
