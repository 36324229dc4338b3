import type { Account } from './person.ts';

const UNLESS_SAID = 'en';
const LONGEST = 35;

/** The language in which a person is written to: that of their profile, or else the one in which they registered. */
export const languageOf = ({ language }: Pick<Account, 'language'>, profile?: { readonly locale: string | null }): string => profile?.locale ?? language;

/** The first that an `Accept-Language` asks for. */
export function firstLanguage(accepted: string | undefined): string {
  const wanted = (accepted ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
  });
  const [first] = wanted.filter(({ tag, weight }) => tag.length <= LONGEST && /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i.test(tag) && weight > 0).toSorted((a, b) => b.weight - a.weight);
  return first?.tag ?? UNLESS_SAID;
}
