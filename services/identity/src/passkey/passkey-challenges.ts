import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 16;
const TIME_BYTES = 6;
const HEAD_BYTES = ID_BYTES + TIME_BYTES;
const SEAL_BYTES = 32;

export const CHALLENGE_MS = 5 * 60_000;

export interface PasskeyChallenge {
  /** By which it is remembered that it was used. */
  readonly id: Buffer;
  readonly expiresAt: number;
}

/** What a device signs. Sealed for one purpose, so that nothing is stored for whoever only asks. */
export class PasskeyChallenges {
  constructor(private readonly key: Buffer) {}

  write(purpose: string, at: number): Uint8Array<ArrayBuffer> {
    const head = Buffer.concat([randomBytes(ID_BYTES), Buffer.alloc(TIME_BYTES)]);
    head.writeUIntBE(at + CHALLENGE_MS, ID_BYTES, TIME_BYTES);
    return new Uint8Array(Buffer.concat([head, this.seal(purpose, head)]));
  }

  /** Undefined where it is not ours, was for something else, or is over. */
  read(purpose: string, text: string, at: number): PasskeyChallenge | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== HEAD_BYTES + SEAL_BYTES) return undefined;
    const head = bytes.subarray(0, HEAD_BYTES);
    if (!timingSafeEqual(this.seal(purpose, head), bytes.subarray(HEAD_BYTES))) return undefined;
    const expiresAt = head.readUIntBE(ID_BYTES, TIME_BYTES);
    return expiresAt > at ? { id: head.subarray(0, ID_BYTES), expiresAt } : undefined;
  }

  private seal(purpose: string, head: Buffer): Buffer {
    return createHmac('sha256', this.key).update(`${purpose} `).update(head).digest();
  }
}
