import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { parse as uuidBytes, stringify as uuidText } from 'uuid';

/** A refresh token as it came in: ours, though perhaps used before. */
export interface RefreshToken {
  readonly text: string;
  readonly sessionId: string;
  /** The first of a session is 1, its successor 2. */
  readonly generation: number;
}

const SECRET_BYTES = 32;
const SEAL_BYTES = 16;
const HEAD_BYTES = 20;
const TOKEN_BYTES = HEAD_BYTES + SECRET_BYTES + SEAL_BYTES;

/** All that is stored of a token. */
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Session, generation, 32 secret bytes, and a seal. The seal tells an old token of ours from an invented one, so no
 * old hash is kept and nobody who merely knows a session's id can have it revoked. A successor is derived from the
 * token before it, so whoever repeats a request receives the same one, and no token is ever stored: neither the
 * database nor the key, nor both, give any away.
 */
export class RefreshTokens {
  constructor(private readonly key: Buffer) {}

  first(sessionId: string): string {
    return this.write(sessionId, 1, randomBytes(SECRET_BYTES));
  }

  successorOf({ text, sessionId, generation }: RefreshToken): string {
    return this.write(sessionId, generation + 1, this.mac(`successor ${text}`));
  }

  read(text: string): RefreshToken | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== text) return undefined;
    const sealed = bytes.subarray(0, HEAD_BYTES + SECRET_BYTES);
    if (!timingSafeEqual(this.seal(sealed), bytes.subarray(HEAD_BYTES + SECRET_BYTES))) return undefined;
    return { text, sessionId: uuidText(bytes.subarray(0, 16)), generation: bytes.readUInt32BE(16) };
  }

  private write(sessionId: string, generation: number, secret: Buffer): string {
    const head = Buffer.alloc(HEAD_BYTES);
    head.set(uuidBytes(sessionId));
    head.writeUInt32BE(generation, 16);
    const sealed = Buffer.concat([head, secret]);
    return Buffer.concat([sealed, this.seal(sealed)]).toString('base64url');
  }

  private seal(bytes: Buffer): Buffer {
    return this.mac(Buffer.concat([Buffer.from('seal '), bytes])).subarray(0, SEAL_BYTES);
  }

  private mac(message: string | Buffer): Buffer {
    return createHmac('sha256', this.key).update(message).digest();
  }
}
