import { describe, expect, it } from 'vitest';
import { judgePassword, wordsAbout } from './password-strength.ts';

const asha = { email: 'asha.gurung@mela.example', name: 'Asha Gurung-Rai' };
const at = (score: number, warning: string | null = null) => ({ score, warning, suggestions: ['Add words'] });

describe('a new password', () => {
  it('is taken when it is hard to guess', () => {
    expect(judgePassword('cubbon-park-at-six', asha, at(3))).toBeUndefined();
  });

  it('that is guessed soon is refused, with the reason and what would help', () => {
    expect(judgePassword('password123', asha, at(2, 'This is a commonly used password.'))).toMatchObject({
      code: 'identity.weak_password', detail: 'This is a commonly used password.', facts: { warning: 'This is a commonly used password.', suggestions: ['Add words'] },
    });
  });

  it('is not its holder’s name and a few signs, however it is estimated', () => {
    for (const password of ['Asha.Gurung-1990', 'gurungASHArai#1', 'asha@mela.example', 'mela-asha-2026'])
      expect(judgePassword(password, asha, at(4))).toMatchObject({ code: 'identity.weak_password' });
    expect(judgePassword('gurung-walks-uphill', asha, at(4))).toBeUndefined();
  });

  it('is not its holder’s handle and a few signs either', () => {
    for (const password of ['hill_runner.42!', 'hill-runner-2026']) {
      expect(judgePassword(password, { ...asha, handle: 'hill_runner.42' }, at(4))).toMatchObject({ code: 'identity.weak_password' });
      expect(judgePassword(password, { ...asha, handle: null }, at(4))).toBeUndefined();
    }
  });

  it('is held against what is known of the person', () => {
    expect(wordsAbout(asha)).toEqual(['asha', 'gurung', 'mela', 'example', 'rai']);
    expect(wordsAbout({ ...asha, handle: 'hill_runner.42' })).toEqual(['asha', 'gurung', 'mela', 'example', 'rai', 'hill', 'runner']);
    expect(wordsAbout({ email: 'jo@x.np', name: 'आशा गुरुङ' })).toEqual(['आशा', 'गुरुङ', 'mela']);
  });
});
