import { identity, UserEmailVerified } from '@mela/contracts';
import { askOperation, letterTo, lettersTo, openWorld, Problem, tokenIn } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const { api, mailbox } = world.addresses;
const verify = (token: string) => askOperation(api, identity.verifyEmail, { token });
const refusalOf = (asking: Promise<unknown>): Promise<Problem> => asking.then(() => Promise.reject(new Error('it was answered')), (problem: Problem) => problem);

describe('whoever registers', () => {
  it('is sent a link that shows once that the address is theirs, and a code for those who cannot follow it', async () => {
    const asha = await world.someone('Asha');
    expect(asha.session.person.emailVerified).toBe(false);
    const screen = await asha.opensScreen();

    const letter = await letterTo(mailbox, asha.email);
    const token = tokenIn(letter);
    expect(letter).toMatchObject({ subject: 'Is this your e-mail address?', language: 'en', to: [asha.email] });
    expect(letter.text).toContain(`/account/verify-email#token=${token}`);
    expect(letter.text.split('\n')).toContain(token);
    expect(letter.html).toContain(token);

    expect(await verify(token)).toEqual({ ...asha.session.person, emailVerified: true });
    await expect(screen).toHear(UserEmailVerified, { userId: asha.id });
    expect(await asha.asks(identity.me, {})).toMatchObject({ emailVerified: true });
    expect(await refusalOf(verify(token))).toMatchObject({ status: 410, code: 'identity.token_refused' });
    expect(await asha.isRefused(identity.verifyEmailAgain, {})).toMatchObject({ status: 409, code: 'identity.email_verified' });
  });

  it('is written to in the language that their device asked for', async () => {
    for (const [accepted, language, greeting] of [['ne-NP,ne;q=0.9,en;q=0.8', 'ne', 'नमस्ते'], ['fr;q=0.2, hi-IN', 'hi', 'नमस्ते'], ['mr-IN, hi;q=0.9, en;q=0.8', 'hi', 'नमस्ते'], ['xx', 'en', 'Hello']] as const) {
      const email = `reader-${language}-${crypto.randomUUID()}@example.org`;
      await askOperation(api, identity.register, { email, password: 'a long password', name: 'Win at http://evil.example' }, { headers: { 'accept-language': accepted } });
      const letter = await letterTo(mailbox, email);
      expect(letter.language).toBe(language);
      // Whose address it is does not know yet who wrote this name.
      expect(letter.text.startsWith(`${greeting},\n`)).toBe(true);
      expect(letter.text + letter.html).not.toContain('evil');
    }
  });

  it('may have it sent again: the newest works, and the one before does not', async () => {
    const asha = await world.someone('Asha');
    const first = tokenIn(await letterTo(mailbox, asha.email));
    await asha.asks(identity.verifyEmailAgain, {});
    const second = tokenIn(await letterTo(mailbox, asha.email, (letter) => tokenIn(letter) !== first));
    expect(await refusalOf(verify(first))).toMatchObject({ code: 'identity.token_refused' });
    expect(await verify(second)).toMatchObject({ emailVerified: true });
    expect(await lettersTo(mailbox, asha.email)).toHaveLength(2);
  });
});

it('a token that was invented is refused in the same words', async () => {
  for (const token of ['x', 'AZAAAAAAcACAAAAAAAAAASFhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3g'])
    expect(await refusalOf(verify(token))).toMatchObject({ status: 410, code: 'identity.token_refused' });
});
