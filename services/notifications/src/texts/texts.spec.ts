import { locales, mailKinds } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { placeholders } from '../mail/letters.ts';
import { languages } from './texts.ts';

type Texts = { readonly [key: string]: string | Texts };

const flat = (texts: Texts, path = ''): [key: string, text: string][] =>
  Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : flat(value, `${path}${key}.`)));
const placesIn = (text: string): string[] => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name]) => name!).toSorted();

const english = new Map(flat(languages.en));

it('everybody is written to in the language that they chose', () => {
  expect(Object.keys(languages).toSorted()).toEqual(locales.toSorted());
});

describe.each(Object.entries(languages))('the texts in %s', (_language, texts) => {
  const own = new Map(flat(texts as Texts));

  it('are all there, and none is left over', () => {
    expect([...own.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    for (const [key, text] of own) expect(text.trim(), key).not.toBe('');
  });

  it('have the same places to fill as the English ones', () => {
    for (const [key, text] of own) expect(placesIn(text), key).toEqual(placesIn(english.get(key)!));
  });
});

describe('the places in the texts', () => {
  const shared = [...english].filter(([key]) => !key.includes('.'));

  it.each(mailKinds)('of %s are those that it is given, and each of them is used', (kind) => {
    const used = new Set([...shared, ...[...english].filter(([key]) => key.startsWith(`${kind}.`))].flatMap(([, text]) => placesIn(text)));
    const given = new Set<string>(placeholders[kind]);
    expect([...used].filter((name) => !given.has(name) && !isOfTokens(name))).toEqual([]);
    expect([...given].filter((name) => !used.has(name))).toEqual([]);
  });

  // `until` stands in a text that all mails with a token share.
  const isOfTokens = (name: string) => name === 'until';
});

it('are of kinds that there are, and every kind has some', () => {
  const kinds = Object.entries(languages.en).filter(([, texts]) => typeof texts !== 'string').map(([key]) => key);
  expect(kinds.toSorted()).toEqual([...mailKinds].toSorted());
});
