import { identity, type Ask } from '@mela/contracts';
import { askOperation, letterTo, lettersTo, openWorld, Problem, sendOperation, tokenIn } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const { api, mailbox } = world.addresses;
const signIn = (input: Ask<typeof identity.signIn>) => askOperation(api, identity.signIn, input);
const refusalOf = (asking: Promise<unknown>): Promise<Problem> => asking.then(() => Promise.reject(new Error('it was answered')), (problem: Problem) => problem);
const newPassword = 'another long password';

describe('whoever forgot their password', () => {
  it('sets another with the link that was sent, is signed out everywhere, and is told of it', async () => {
    const asha = await world.someone('Asha');
    expect(await askOperation(api, identity.forgotPassword, { email: ` ${asha.email.toUpperCase()}` })).toEqual({ accepted: true });
    const letter = await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Set another password');
    expect(letter.text).toContain('/account/reset-password#token=');
    expect(await askOperation(api, identity.resetPassword, { token: tokenIn(letter), newPassword })).toEqual({ ended: 1 });
    expect(await refusalOf(signIn({ email: asha.email, password: asha.password }))).toMatchObject({ status: 401 });
    expect((await signIn({ email: asha.email, password: newPassword })).person.id).toBe(asha.id);
    await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Your password was changed');
    expect(await refusalOf(askOperation(api, identity.resetPassword, { token: tokenIn(letter), newPassword }))).toMatchObject({ status: 410, code: 'identity.token_refused' });
  });

  it('is told the same of an address that nobody has, where nothing arrives', async () => {
    const asha = await world.someone('Asha');
    const nobody = `nobody-${asha.email}`;
    const answers = await Promise.all([asha.email, nobody].map((email) => sendOperation(api, identity.forgotPassword, { email })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await answers[0]!.json()).toEqual(await answers[1]!.json());
    // Asked for after nobody's, hers has come: so nobody's would have, too.
    await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Set another password');
    await askOperation(api, identity.forgotPassword, { email: asha.email });
    await expect.poll(async () => (await lettersTo(mailbox, asha.email)).filter(({ subject }) => subject === 'Set another password').length, { timeout: 20_000 }).toBe(2);
    expect(await lettersTo(mailbox, nobody)).toEqual([]);
  });
});

describe('whoever changes their address', () => {
  it('confirms it at both, stays signed in here and nowhere else, and the address of before is told', async () => {
    const asha = await world.someone('Asha');
    const elsewhere = await signIn({ email: asha.email, password: asha.password });
    const newEmail = `new-${asha.email}`;
    expect(await asha.asks(identity.changeEmail, { password: asha.password, newEmail })).toEqual({ accepted: true });
    const asked = await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Is your e-mail address to change?');
    expect(asked.text).toContain(newEmail);
    const [old, fresh] = [tokenIn(asked), tokenIn(await letterTo(mailbox, newEmail))];
    expect(await askOperation(api, identity.confirmEmail, { token: fresh })).toEqual({ changed: false });
    expect(await asha.asks(identity.me, {})).toMatchObject({ email: asha.email });
    expect(await askOperation(api, identity.confirmEmail, { token: old })).toEqual({ changed: true });
    expect(await asha.asks(identity.me, {})).toMatchObject({ email: newEmail, emailVerified: true });
    expect(await refusalOf(askOperation(api, identity.refresh, { refreshToken: elsewhere.refreshToken }))).toMatchObject({ status: 401 });
    await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Your e-mail address was changed');
    expect((await signIn({ email: newEmail, password: asha.password })).person.id).toBe(asha.id);
  });

  it('to somebody else’s gets the same answer, and that one hears nothing of it', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    await letterTo(mailbox, ravi.email);
    expect(await asha.asks(identity.changeEmail, { password: asha.password, newEmail: ravi.email })).toEqual({ accepted: true });
    await letterTo(mailbox, asha.email, ({ subject }) => subject === 'Is your e-mail address to change?');
    expect(await asha.isRefused(identity.changeEmail, { password: 'not hers', newEmail: ravi.email })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
    expect(await lettersTo(mailbox, ravi.email)).toHaveLength(1);
  });
});
