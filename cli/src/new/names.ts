import { usage } from '../fault.ts';

/** One name in every form in which it is written. */
export interface Words {
  /** `community`, `signing-key`: as folders and files are named. */
  readonly noun: string;
  /** `Community`, `SigningKey` */
  readonly type: string;
  /** `communityId`, `signingKeyId` */
  readonly key: string;
  /** `COMMUNITY` */
  readonly constant: string;
  /** `a community`, `an order` */
  readonly some: string;
}

export function wordsFor(noun: string): Words {
  const type = noun.split('-').map(capitalised).join('');
  return {
    noun,
    type,
    key: `${type.charAt(0).toLowerCase()}${type.slice(1)}Id`,
    constant: noun.toUpperCase().replaceAll('-', '_'),
    some: `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun.replaceAll('-', ' ')}`,
  };
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `order.status_changed` is written OrderStatusChanged in code. */
export const eventConstant = (type: string): string => type.split(/[._]/).map(capitalised).join('');

/** …and order-status-changed in the names of files and consumers. */
export const eventFile = (type: string): string => type.replaceAll(/[._]/g, '-');

/** `markAllRead` reads "mark all read" in a sentence and mark-all-read in a path. */
export const wordsOf = (camel: string): string => camel.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A service is named by what it keeps, in the plural; its first aggregate by one of them. */
export function singular(service: string): string {
  if (service.endsWith('ies')) return `${service.slice(0, -3)}y`;
  if (/(ss|x|ch|sh)es$/.test(service)) return service.slice(0, -2);
  return service.endsWith('s') && !service.endsWith('ss') ? service.slice(0, -1) : service;
}

// Words that TypeScript, the contracts' own language or a folder of every service have taken.
const taken = new Set(
  'break case catch class const continue debugger default delete departure departures do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await anyone catalogue command event hearing id member mela page person query refusal route service topic topics z'.split(' '),
);

export function checkServiceName(name: string): void {
  if (!/^[a-z]{2,30}$/.test(name)) throw usage(`"${name}" is not a service’s name`, 'Use one word in small letters, in the plural where there is one: orders, chat.');
  if (taken.has(name)) throw usage(`"${name}" means something else already`, 'Name the service by what it keeps, in the plural: orders.');
}

export function checkEventType(type: string): void {
  if (!/^[a-z]+\.[a-z]+(_[a-z]+)*$/.test(type)) throw usage(`"${type}" is not an event’s type`, 'Write a noun and what happened to it, in the past: order.status_changed.');
}

export function checkOperationName(name: string): void {
  if (!/^[a-z][A-Za-z]{1,40}$/.test(name)) throw usage(`"${name}" is not an operation’s name`, 'Write a verb, in camel case: cancel, listMembers.');
}

// Nouns that PostgreSQL reads as something else unless they are quoted.
const sqlWords = new Set(
  'all analyse analyze and any array as asc both case cast check collate column constraint create default desc distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit not null offset on only or order placing primary references returning select some symmetric table then to trailing true union unique user using variadic when where window with'.split(' '),
);

export const table = (noun: string): string => (sqlWords.has(noun) ? `"${noun}"` : noun);
