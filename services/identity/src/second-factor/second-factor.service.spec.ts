import { isRefusal, SecondFactorOff, SecondFactorOn, WrongCode, WrongPassword } from '@mela/contracts';
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

const noted = async (asha: Protected): Promise<string[]> => answer(await identity.audit.all({ about: asha.caller.personId, limit: 100 })).items.map(({ what }) => what).toReversed();
const OFF = { totp: null, recoveryCodesLeft: 0 };

describe('turning codes on', () => {
  it('asks for the password, and is nothing before a code has confirmed it', async () => {
    const asha = await Protected.withPassword(identity);
    expect(await identity.secondFactors.begin(asha.caller, { password: 'not this one' })).toMatchObject(WrongPassword());
    await asha.begins();
    expect(await identity.secondFactors.find(asha.caller.personId)).toEqual(OFF);
    expect(isRefusal(await asha.signsIn())).toBe(false);

    expect(await identity.secondFactors.confirm(asha.caller, { code: asha.app.wrongCode })).toMatchObject(WrongCode());
    const { recoveryCodes } = answer(await identity.secondFactors.confirm(asha.caller, { code: asha.nextCode() }));
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await identity.secondFactors.find(asha.caller.personId)).toEqual({ totp: { since: expect.any(String) }, recoveryCodesLeft: 10 });
    expect(await noted(asha)).toEqual(['registered', 'signed_in', 'proof_failed', 'signed_in', 'second_factor_failed', 'second_factor_on']);
  });

  it('stores neither the secret nor a recovery code', async () => {
    const asha = await Protected.withCodes(identity);
    const rows = await database.db.query<{ text: string }>(`SELECT encode(sealed_secret, 'escape') AS text FROM totp UNION ALL SELECT encode(hash, 'escape') FROM recovery_code UNION ALL SELECT audit::text FROM audit`);
    const kept = rows.map(({ text }) => text).join(' ');
    for (const code of asha.recoveryCodes) expect(kept).not.toContain(code);
  });

  it('that was begun again goes on with the later secret alone', async () => {
    const asha = await Protected.withPassword(identity);
    await asha.begins();
    const first = asha.nextCode();
    await asha.begins();
    expect(await identity.secondFactors.confirm(asha.caller, { code: first })).toMatchObject(WrongCode());
    answer(await identity.secondFactors.confirm(asha.caller, { code: asha.nextCode() }));
    expect(await identity.secondFactors.begin(asha.caller, { password })).toEqual(SecondFactorOn());
    expect(await identity.secondFactors.confirm(asha.caller, { code: asha.nextCode() })).toEqual(SecondFactorOn());
  });

  it('cannot be confirmed by whoever has not begun', async () => {
    const asha = await Protected.withPassword(identity);
    expect(await identity.secondFactors.confirm(asha.caller, { code: '492039' })).toEqual(SecondFactorOff());
  });

  it('by fifty confirmations at once gives recovery codes once', async () => {
    const asha = await Protected.withPassword(identity);
    await asha.begins();
    const code = asha.nextCode();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.secondFactors.confirm(asha.caller, { code })));
    expect(codesOf(outcomes)).toEqual({ answered: 1, 'identity.second_factor_on': 49 });
  });

  it('may be tried ten times wrongly, however many try at once', async () => {
    const asha = await Protected.withPassword(identity);
    await asha.begins();
    const code = asha.app.wrongCode;
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.secondFactors.confirm(asha.caller, { code })));
    expect(codesOf(outcomes)).toEqual({ 'identity.wrong_code': 10, 'identity.too_many_codes': 40 });
    await asha.begins();
    expect(await identity.secondFactors.confirm(asha.caller, { code: asha.nextCode() })).toMatchObject({ code: 'identity.too_many_codes', facts: { possibleAt: expect.any(String) } });
  });
});

describe('turning codes off', () => {
  it('asks for the password and a code, and leaves nothing', async () => {
    const asha = await Protected.withCodes(identity);
    expect(await identity.secondFactors.remove(asha.caller, { password: 'not this one', code: '492039' })).toMatchObject(WrongPassword());
    expect(await identity.secondFactors.remove(asha.caller, { password, code: asha.app.wrongCode })).toMatchObject(WrongCode());
    expect(await identity.secondFactors.remove(asha.caller, { password })).toMatchObject({ code: 'request.invalid' });
    expect(await identity.secondFactors.remove(asha.caller, { password, code: asha.nextCode() })).toEqual(OFF);
    expect(await identity.secondFactors.find(asha.caller.personId)).toEqual(OFF);
    expect(isRefusal(await asha.signsIn())).toBe(false);
    expect(await identity.secondFactors.remove(asha.caller, { password, code: '492039' })).toEqual(SecondFactorOff());
    expect((await noted(asha)).slice(2)).toEqual(['second_factor_on', 'proof_failed', 'second_factor_failed', 'second_factor_off', 'signed_in']);
  });

  it('takes a recovery code too: whoever lost their phone has no other', async () => {
    const asha = await Protected.withCodes(identity);
    expect(await identity.secondFactors.remove(asha.caller, { password, recoveryCode: asha.recoveryCodes[0]! })).toEqual(OFF);
    expect((await noted(asha)).slice(-2)).toEqual(['recovery_code_used', 'second_factor_off']);
  });
});

it('other recovery codes take the place of those before', async () => {
  const asha = await Protected.withCodes(identity);
  const { recoveryCodes } = answer(await identity.secondFactors.renewCodes(asha.caller, { password, recoveryCode: asha.recoveryCodes[0]! }));
  expect(await identity.secondFactors.find(asha.caller.personId)).toMatchObject({ recoveryCodesLeft: 10 });
  expect(await identity.secondFactors.renewCodes(asha.caller, { password, recoveryCode: asha.recoveryCodes[1]! })).toMatchObject(WrongCode());
  answer(await identity.secondFactors.renewCodes(asha.caller, { password, recoveryCode: recoveryCodes[0]! }));
  expect((await noted(asha)).slice(-5)).toEqual(['recovery_code_used', 'recovery_codes_renewed', 'second_factor_failed', 'recovery_code_used', 'recovery_codes_renewed']);
});
