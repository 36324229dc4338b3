import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { currentContext, isTooLate } from '@mela/bus';
import { SETTINGS } from '@mela/chassis';
import { TimedOut, type Refusal } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { IdentitySettings } from '../settings.ts';
import { HashingQueue } from './hashing-queue.ts';
import { COST, formatHash, nobodysHash, normalised, parseHash, type Cost } from './password.ts';

const derive = promisify(argon2);
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;

// Node hashes on libuv's four threads, which it also resolves names and reads files on: one stays free.
const MOST_LANES = 3;

/** argon2id, a few at a time. */
@Injectable()
export class PasswordHasher {
  private readonly queue: HashingQueue;

  constructor(@Inject(SETTINGS) settings: Pick<IdentitySettings, 'IDENTITY_HASHING_LANES' | 'IDENTITY_HASHING_QUEUE'>) {
    const lanes = settings.IDENTITY_HASHING_LANES ?? Math.min(availableParallelism(), MOST_LANES);
    this.queue = new HashingQueue(lanes, settings.IDENTITY_HASHING_QUEUE);
  }

  hash(password: string): Promise<string | Refusal> {
    return this.inTurn(async () => {
      const salt = randomBytes(SALT_BYTES);
      return formatHash({ cost: COST, salt, digest: await digestOf(password, salt, COST, DIGEST_BYTES) });
    });
  }

  /** Without a stored hash the work is the same and the answer is no. */
  matches(password: string, stored: string | undefined): Promise<boolean | Refusal> {
    return this.inTurn(async () => {
      const { cost, salt, digest } = stored === undefined ? nobodysHash : parseHash(stored);
      const same = timingSafeEqual(await digestOf(password, salt, cost, digest.length), digest);
      return same && stored !== undefined;
    });
  }

  /** Whoever waited until nobody wants the answer any more is not hashed for. */
  inTurn<R>(work: () => Promise<R>): Promise<R | Refusal> {
    const context = currentContext() ?? {};
    return this.queue.run<R | Refusal>(async () => (isTooLate(context) ? TimedOut() : work()));
  }
}

const digestOf = (password: string, salt: Buffer, { memoryKiB, passes, lanes }: Cost, length: number): Promise<Buffer> =>
  derive('argon2id', { message: normalised(password), nonce: salt, memory: memoryKiB, passes, parallelism: lanes, tagLength: length });
