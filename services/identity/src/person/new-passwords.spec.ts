import { isRefusal } from '@mela/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { NewPasswords } from './new-passwords.ts';
import { PasswordHasher } from './password-hasher.ts';
import { ESTIMATED_LETTERS } from './password-strength.ts';

const asha = { email: 'asha@mela.example', name: 'Asha Gurung' };
const hasher = new PasswordHasher({ IDENTITY_HASHING_LANES: 2, IDENTITY_HASHING_QUEUE: 10 });
const passwords = new NewPasswords(hasher);
afterAll(() => passwords.onApplicationShutdown());

const codeOf = (answer: unknown) => (isRefusal(answer) ? answer.code : 'taken');

describe('a password that somebody wants', () => {
  it.each(['password123', 'qwertyuiop', 'aaaaaaaaaaaa', '1234567890123', 'P@ssw0rd2026', 'mela mela mela', 'asha gurung 1'])('%s is easy to guess', async (password) => {
    expect(codeOf(await passwords.take(password, asha))).toBe('identity.weak_password');
  });

  it.each(['cubbon-park-at-six', 'patan-after-the-rain', 'xk3#9fLqP2!v', 'हिमालको छेउमा घर'])('%s is not', async (password) => {
    const hash = await passwords.take(password, asha);
    expect(await hasher.matches(password, String(hash))).toBe(true);
  });

  it('is hashed whole though only its beginning is estimated, and does not hold up the others', async () => {
    const long = 'patan-after-the-rain '.repeat(9);
    expect(long.length).toBeGreaterThan(ESTIMATED_LETTERS);
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const hash = String(await passwords.take(long, asha));
    clearInterval(turning);
    expect(turns).toBeGreaterThan(3);
    expect(await hasher.matches(long, hash)).toBe(true);
    expect(await hasher.matches(long.slice(0, ESTIMATED_LETTERS), hash)).toBe(false);
  });

  it('waits where passwords are hashed, and is refused when too many do', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => passwords.take('patan-after-the-rain', asha)));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['taken', 'identity.busy']));
  });
});
