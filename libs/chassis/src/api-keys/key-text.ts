import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const MARK = 'mela_';
const PUBLIC_LENGTH = 12;
/** 43 letters hold 256 bits. */
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;

const GRAMMAR = new RegExp(`^((${MARK}[${LETTERS}]{${PUBLIC_LENGTH}})_[${LETTERS}]{${SECRET_LENGTH}})([${LETTERS}]{${CHECK_LENGTH}})$`);

/** A key as it was shown. That it is well written says nothing of whether it is anybody's. */
export interface ShownKey {
  /** Under which it is looked up, and known again: nothing to use it with. */
  readonly prefix: string;
  readonly text: string;
}

/** Letters and digits alone, so that a double click takes all of it, and a mark by which scanners find keys that lie about. */
export function newApiKey(): ShownKey {
  const prefix = MARK + randomLetters(PUBLIC_LENGTH);
  const body = `${prefix}_${randomLetters(SECRET_LENGTH)}`;
  return { prefix, text: body + checkOf(body) };
}

/** Undefined for what is mistyped or cut off: that is told without asking anybody. */
export function readApiKey(text: string): ShownKey | undefined {
  const [, body, prefix, check] = GRAMMAR.exec(text) ?? [];
  return body !== undefined && prefix !== undefined && check === checkOf(body) ? { prefix, text } : undefined;
}

/** No access token begins like this. */
export const isMarkedAsApiKey = (text: string): boolean => text.startsWith(MARK);

/** All that is kept of a key. It is as random as the hash itself, so nothing has to slow down whoever would guess it. */
export const hashOfApiKey = (text: string): Buffer => createHash('sha256').update(text).digest();

function checkOf(body: string): string {
  let [check, rest] = ['', crc32(body)];
  for (let place = 0; place < CHECK_LENGTH; place++) {
    check = LETTERS[rest % LETTERS.length]! + check;
    rest = Math.floor(rest / LETTERS.length);
  }
  return check;
}

const WHOLE_ROUNDS = 256 - (256 % LETTERS.length);

/** Bytes of the last, uneven round are thrown away: every letter is as likely as any other. */
function randomLetters(length: number): string {
  let letters = '';
  while (letters.length < length)
    for (const byte of randomBytes(length)) if (byte < WHOLE_ROUNDS && letters.length < length) letters += LETTERS[byte % LETTERS.length]!;
  return letters;
}
