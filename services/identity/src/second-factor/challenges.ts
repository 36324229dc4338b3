import { createHmac, timingSafeEqual } from 'node:crypto';
import { fleeting, lasting } from '@mela/chassis';
import { SecondFactorNeeded, type Refusal } from '@mela/contracts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Credentials } from '../person/person.store.ts';

const CHALLENGE_MS = 5 * 60_000;
const METHODS = ['totp', 'recovery_code'];

const Challenge = z.object({ id: z.uuid(), personId: z.uuid(), device: z.string().optional(), expiresAt: z.number(), password: z.string() });

/** A sign-in that waits for its second step: whose, on what, and until when. */
export type Challenge = z.output<typeof Challenge>;

/** Given with the refusal of the first step, and shown at the second. It is sealed, and nothing is stored of it until it is shown. */
export class Challenges {
  constructor(private readonly key: Buffer) {}

  /** The account is held: whoever turns codes on meanwhile waits until this transaction ends, or is waited for: a password alone opens nothing from then on. */
  neededBy({ id: personId, passwordHash, codesOn }: Credentials, device: string | undefined): Refusal | undefined {
    if (!codesOn) return undefined;
    const challenge = this.write({ personId, device }, passwordHash, Date.now());
    return lasting(fleeting(SecondFactorNeeded(undefined, { challenge, methods: METHODS })));
  }

  write({ personId, device }: Pick<Challenge, 'personId' | 'device'>, passwordHash: string | null, at: number): string {
    const challenge: Challenge = { id: uuidv7(), personId, device, expiresAt: at + CHALLENGE_MS, password: this.digestOf(passwordHash) };
    const body = Buffer.from(JSON.stringify(challenge)).toString('base64url');
    return `${body}.${this.mac(`challenge ${body}`).toString('base64url')}`;
  }

  /** Undefined where it is not ours, or over. */
  read(text: string, at: number): Challenge | undefined {
    const [body = '', seal = '', ...more] = text.split('.');
    const [given, expected] = [Buffer.from(seal, 'base64url'), this.mac(`challenge ${body}`)];
    if (more.length > 0 || given.toString('base64url') !== seal || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const challenge = Challenge.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    return challenge.expiresAt > at ? challenge : undefined;
  }

  /** Whoever chooses another password ends the sign-ins that were begun with the one of before. */
  isOf({ password }: Challenge, passwordHash: string | null): boolean {
    return password === this.digestOf(passwordHash);
  }

  /** Whoever was vouched for may have none. */
  private digestOf(passwordHash: string | null): string {
    return this.mac(`password ${passwordHash ?? ''}`).toString('base64url');
  }

  private mac(message: string): Buffer {
    return createHmac('sha256', this.key).update(message).digest();
  }
}
