import { EmailTaken, SecondFactorNeeded, Suspended, WeakPassword, WrongCredentials, type RefusalType } from '@mela/contracts';
import type { TFunction } from 'i18next';
import { escaped } from './escaped.ts';

/** What is said where something did not go as it should; those of a refusal by its code, the others by what the script finds. */
const notes: Readonly<Record<string, RefusalType | undefined>> = {
  offline: undefined, wait: undefined, busy: undefined, over: undefined, invalid: undefined, failed: undefined,
  weak: WeakPassword, wrongCredentials: WrongCredentials, secondFactor: SecondFactorNeeded, suspended: Suspended, emailTaken: EmailTaken,
};

/** How long it is until something: always more than one of them, so that one form of the word does. Browsers do not know every language's. */
const units = ['seconds', 'minutes', 'hours'];

/** Filled in by the script, as text. */
const places = { when: '<span data-fill="when"></span>', trace: '<code data-fill="trace"></code>', number: '<span data-fill="number"></span>' };

// In the words of whoever estimates passwords, which are English.
const why = '<p lang="en" data-fill="detail"></p><ul lang="en" data-list="suggestions"></ul>';

export const notesHtml = (t: TFunction): string =>
  [
    ...Object.entries(notes).map(([name, refusal]) => `<template data-note="${name}"${refusal ? ` data-code="${refusal.code}"` : ''}><p>${words(t, `notes.${name}`)}</p>${name === 'weak' ? why : ''}</template>`),
    ...units.map((unit) => `<template data-when="${unit}">${words(t, `when.${unit}`)}</template>`),
  ].join('\n');

/** The places are put in after the words were escaped. */
function words(t: TFunction, key: string): string {
  const marks = Object.fromEntries(Object.keys(places).map((place) => [place, `{${place}}`]));
  return Object.entries(places).reduce((text, [place, html]) => text.replace(`{${place}}`, html), escaped(t(key, marks)));
}
