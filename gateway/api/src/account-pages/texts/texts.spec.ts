import { describe, expect, it } from 'vitest';
import { accountPages } from '../account-pages.ts';
import { pageHtml } from '../page-html.ts';
import { languages, type Language } from './texts.ts';

type Texts = { readonly [key: string]: string | Texts };

const flat = (texts: Texts, path = ''): [key: string, text: string][] =>
  Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : flat(value, `${path}${key}.`)));
const placesIn = (text: string): string[] => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name]) => name!).toSorted();

const english = new Map(flat(languages.en));

describe.each(Object.entries(languages))('the texts of the pages in %s', (language, texts) => {
  const own = new Map(flat(texts as Texts));

  it('are all there, and none is left over', () => {
    expect([...own.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    for (const [key, text] of own) expect(text.trim(), key).not.toBe('');
  });

  it('have the same places to fill as the English ones', () => {
    for (const [key, text] of own) expect(placesIn(text), key).toEqual(placesIn(english.get(key)!));
  });

  it('are all shown somewhere, each place in them filled, and nothing is shown that is not there', () => {
    const shown = Object.values(accountPages).map((page) => pageHtml(page, language as Language)).join('\n');
    for (const [key, text] of own) for (const words of text.split(/\{\{\w+\}\}/)) expect(shown, key).toContain(words);
    expect(shown).not.toMatch(/\{\{?\w+\}|>[a-z]+(?:\.[a-zA-Z]+)+</i);
  });
});
