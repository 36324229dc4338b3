import { WeakPassword, type Refusal } from '@mela/contracts';

/** What an estimate says of a password: from 0, guessed at once, to 4. */
export interface Estimate {
  readonly score: number;
  readonly warning: string | null;
  readonly suggestions: readonly string[];
}

/** Whose password it is to be. */
export interface Holder {
  readonly email: string;
  readonly name: string;
  /** Whoever is just registering has none. */
  readonly handle?: string | null;
}

const GOOD_ENOUGH = 3;
/** An estimate takes longer with each letter, and so many that are hard to guess are enough. */
export const ESTIMATED_LETTERS = 40;
const SHORTEST_WORD = 3;
const FEWEST_OF_ONES_OWN = 6;

/** What whoever knows a person tries first. */
export function wordsAbout({ email, name, handle }: Holder): string[] {
  const words = `${email} ${name} ${handle ?? ''}`.toLowerCase().split(/[^\p{L}\p{M}\p{N}]+/u);
  return [...new Set([...words, 'mela'])].filter((word) => word.length >= SHORTEST_WORD);
}

export function judgePassword(password: string, holder: Holder, { score, warning, suggestions }: Estimate): Refusal | undefined {
  if (isAboutOneself(password, wordsAbout(holder))) return WeakPassword('It is little more than your name, your handle or your address', { warning: null, suggestions: [] });
  return score < GOOD_ENOUGH ? WeakPassword(warning ?? undefined, { warning, suggestions }) : undefined;
}

/** The longest first, so that none is left over from one that holds it. Signs in between count for nothing. */
function isAboutOneself(password: string, words: readonly string[]): boolean {
  const whole = password.toLowerCase();
  const rest = words.toSorted((a, b) => b.length - a.length).reduce((left, word) => left.replaceAll(word, ''), whole);
  return rest !== whole && rest.replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '').length < FEWEST_OF_ONES_OWN;
}
