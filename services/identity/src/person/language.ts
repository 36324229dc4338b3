import { languageAccepted } from '@mela/chassis';
import { locales } from '@mela/contracts';
import type { Account } from './person.ts';

const UNLESS_SAID = 'en';

/** The language in which a person is written to: that of their profile, or else the one in which they registered. */
export const languageOf = ({ language }: Pick<Account, 'language'>, profile?: { readonly locale: string | null }): string => profile?.locale ?? language;

/** Whoever is new is written to as the pages would speak to them. */
export const languageOfNewcomer = (accepted: string | undefined): string => languageAccepted(accepted, locales) ?? UNLESS_SAID;
