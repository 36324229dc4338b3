import { createHmac, randomInt } from 'node:crypto';
import { RECOVERY_CODES } from './second-factor.ts';

// None of i, l, o and u: nobody who copies one from paper takes a letter for a digit.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 4;
const GROUP_LETTERS = 4;

/** Eighty random bits each. What is stored is keyed, and of one person: the rows alone give nobody anything to try. */
export class RecoveryCodes {
  constructor(private readonly key: Buffer) {}

  make(): string[] {
    return Array.from({ length: RECOVERY_CODES }, () => Array.from({ length: GROUPS }, () => Array.from({ length: GROUP_LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')).join('-'));
  }

  hashOf(personId: string, code: string): Buffer {
    return createHmac('sha256', this.key).update(`${personId} ${folded(code)}`).digest();
  }
}

const folded = (code: string): string => code.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
