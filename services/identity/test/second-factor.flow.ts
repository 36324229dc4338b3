import { identity } from '@mela/contracts';
import { askOperation, letterTo, openWorld, sendOperation, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { lookingAfter, operates } from './admins.fixture.ts';
import { AuthenticatorApp } from './authenticator-app.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const { api, mailbox } = world.addresses;
const send = async (operation: Parameters<typeof sendOperation>[1], input: Record<string, unknown>, options?: Parameters<typeof sendOperation>[3]) => {
  const response = await sendOperation(api, operation, input, options);
  return { status: response.status, cookies: response.headers.getSetCookie(), document: (await response.json()) as Record<string, unknown> };
};
const signIn = ({ email, password }: Someone, options?: Parameters<typeof sendOperation>[3]) => send(identity.signIn, { email, password, device: 'Asha’s phone' }, options);

/** A code of now confirms, so that the next one is there to sign in with. */
async function withCodes(asha: Someone) {
  const { secret } = await asha.asks(identity.beginTotp, { password: asha.password });
  const app = new AuthenticatorApp(secret);
  const step = AuthenticatorApp.now();
  const { recoveryCodes } = await asha.asks(identity.confirmTotp, { code: app.codeOf(step) });
  return { app, used: app.codeOf(step), next: app.codeOf(step + 1), recoveryCodes };
}

describe('a person with an authenticator app', () => {
  it('is asked for a code after the right password, and signed in with one that was not used', async () => {
    const asha = await world.someone('Asha');
    const { used, next } = await withCodes(asha);
    expect((await asha.asks(identity.secondFactor, {})).recoveryCodesLeft).toBe(10);

    const { status, document } = await signIn(asha);
    expect([status, document]).toMatchObject([403, { code: 'identity.second_factor_needed', methods: ['totp', 'recovery_code'] }]);
    expect(document).not.toHaveProperty('accessToken');
    const challenge = String(document['challenge']);
    expect(await send(identity.signInWithCode, { challenge, code: used })).toMatchObject({ status: 403, document: { code: 'identity.wrong_code' } });
    const session = await askOperation(api, identity.signInWithCode, { challenge, code: next });
    expect(await asha.asks(identity.me, {}, { token: session.accessToken })).toEqual(asha.session.person);
    expect(await send(identity.signInWithCode, { challenge, code: next })).toMatchObject({ status: 401, document: { code: 'identity.challenge_refused' } });
  });

  it('is told when to come back, where too many codes were wrong', async () => {
    const asha = await world.someone('Asha');
    const { app, next } = await withCodes(asha);
    const tries = async (code: string) => sendOperation(api, identity.signInWithCode, { challenge: String((await signIn(asha)).document['challenge']), code });
    for (let n = 0; n < 10; n++) expect((await tries(app.wrongCode)).status).toBe(403);
    const refused = await tries(next);
    const { code, possibleAt } = (await refused.json()) as { code: string; possibleAt: string };
    expect([refused.status, code]).toEqual([429, 'identity.too_many_codes']);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(600);
    expect(seconds).toBeLessThanOrEqual(900);
    expect(Date.parse(possibleAt) - Date.now()).toBeLessThanOrEqual(seconds * 1000);
  });

  it('shows a code, too, for what would ask for none later', async () => {
    const asha = await world.someone('Asha');
    const { password } = asha;
    const { next, recoveryCodes } = await withCodes(asha);
    const wish = { name: 'The newsletter', scopes: ['communities:read'], password };
    expect(await asha.isRefused(identity.createApiKey, wish)).toMatchObject({ status: 403, code: 'identity.code_needed' });
    expect(await asha.isRefused(identity.passkeyOptions, { password })).toMatchObject({ status: 403, code: 'identity.code_needed' });
    expect(await asha.asks(identity.createApiKey, { ...wish, code: next })).toMatchObject({ name: 'The newsletter' });
    expect(await asha.isRefused(identity.createApiKey, { ...wish, code: next })).toMatchObject({ status: 403, code: 'identity.wrong_code' });
    expect(await asha.asks(identity.passkeyOptions, { password, recoveryCode: recoveryCodes[0]! })).toHaveProperty('options');
  });

  it('reads in their log what became of it', async () => {
    const asha = await world.someone('Asha');
    const { app, recoveryCodes } = await withCodes(asha);
    const challenge = String((await signIn(asha)).document['challenge']);
    await send(identity.signInWithCode, { challenge, code: app.wrongCode });
    await askOperation(api, identity.signInWithCode, { challenge, recoveryCode: recoveryCodes[0]! });
    await asha.asks(identity.removeTotp, { password: asha.password, recoveryCode: recoveryCodes[1]! });
    expect((await signIn(asha)).status).toBe(200);
    const { items } = await asha.asks(identity.audit, {});
    expect(items.map(({ what }) => what)).toEqual([
      'signed_in', 'second_factor_off', 'recovery_code_used', 'signed_in', 'recovery_code_used', 'second_factor_failed', 'second_factor_on', 'signed_in', 'registered',
    ]);
  });

  it('signs in on a page that never sees a token', async () => {
    const asha = await world.someone('Asha');
    const { next } = await withCodes(asha);
    const inCookies = { headers: { 'mela-session': 'cookie' } };
    const first = await signIn(asha, inCookies);
    expect([first.status, first.cookies]).toEqual([403, []]);
    const second = await send(identity.signInWithCode, { challenge: first.document['challenge'], code: next }, inCookies);
    expect([second.status, second.document]).toEqual([200, { person: asha.session.person, expiresAt: expect.any(String) }]);
    expect(second.cookies.map((line) => line.split('=')[0])).toEqual(['__Host-mela-access', '__Host-mela-refresh']);
  });

  it('gets another challenge for a repeated request: no key keeps one', async () => {
    const asha = await world.someone('Asha');
    await withCodes(asha);
    const idempotencyKey = `sign-in-${asha.id}`;
    const [first, again] = [await signIn(asha, { idempotencyKey }), await signIn(asha, { idempotencyKey })];
    expect([first.status, again.status]).toEqual([403, 403]);
    expect(again.document['challenge']).not.toBe(first.document['challenge']);
  });
});

it('whoever has a session alone neither turns codes on nor off', async () => {
  const asha = await world.someone('Asha');
  const guess = { password: 'not her password' };
  expect(await asha.isRefused(identity.beginTotp, guess)).toMatchObject({ status: 403, code: 'identity.wrong_password' });
  const { next } = await withCodes(asha);
  expect(await asha.isRefused(identity.removeTotp, { ...guess, code: next })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
  expect(await asha.isRefused(identity.renewRecoveryCodes, { ...guess, code: next })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
});

describe('a person who has lost the phone and the recovery codes', () => {
  it('is helped in by an admin with a reason, is told of it, and signs in with the password alone', async () => {
    const [asha, mira] = await Promise.all([world.someone('Asha'), lookingAfter(world, 'admin', 'Mira')]);
    await withCodes(asha);
    await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Codes are asked for when you sign in');
    const refused = await send(identity.resetSecondFactor, { personId: asha.id }, { token: mira.token });
    expect([refused.status, refused.document['code']]).toEqual([400, 'request.invalid']);
    expect(await mira.asks(identity.resetSecondFactor, { personId: asha.id, reason: 'Lost the phone' })).toEqual({ ended: 1 });
    expect((await signIn(asha)).status).toBe(200);
    await letterTo(mailbox, asha.email, ({ subject }) => subject === 'We have turned codes off for you');
    expect(await mira.isRefused(identity.resetSecondFactor, { personId: asha.id, reason: 'Once more' })).toMatchObject({ status: 409, code: 'identity.second_factor_off' });
  });

  it('is helped in by the operator, where nobody else may', async () => {
    const vera = await lookingAfter(world, 'super_admin', 'Vera');
    await withCodes(vera);
    expect(await operates(world, 'admin', 'reset-second-factor', '--email', vera.email, '--reason', 'Lost the phone')).toContain(`${vera.email} is asked for no codes any more`);
    expect((await signIn(vera)).status).toBe(200);
  });
});
