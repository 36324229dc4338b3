import { createInstance, type TFunction } from 'i18next';
import en from './en.json' with { type: 'json' };
import hi from './hi.json' with { type: 'json' };
import ne from './ne.json' with { type: 'json' };

/** Every language that mails are written in. A new one is a file and an entry. */
export const languages = { en, ne, hi } as const;
export type Language = keyof typeof languages;

const UNLESS_KNOWN: Language = 'en';

const i18n = createInstance();
// What is put in is escaped where HTML is made, and nowhere else.
void i18n.init({
  initAsync: false, fallbackLng: UNLESS_KNOWN, interpolation: { escapeValue: false }, returnNull: false,
  resources: Object.fromEntries(Object.entries(languages).map(([language, translation]) => [language, { translation }])),
});

/** `ne-NP` is Nepali, and what nobody translated is English. */
export const languageFor = (locale: string): Language => (Object.keys(languages) as Language[]).find((language) => language === locale.toLowerCase().split('-')[0]) ?? UNLESS_KNOWN;

export const textsIn = (language: Language): TFunction => i18n.getFixedT(language);
