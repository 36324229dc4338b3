import { Texts } from '@mela/chassis';
import en from './en.json' with { type: 'json' };
import hi from './hi.json' with { type: 'json' };
import ne from './ne.json' with { type: 'json' };

/** Every language that the pages are written in. */
export const languages = { en, ne, hi } as const;
export type Language = keyof typeof languages;

export const texts = new Texts(languages, 'en');
