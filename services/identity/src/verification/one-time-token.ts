import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { parse as uuidBytes, stringify as uuidText } from 'uuid';

const ID_BYTES = 16;
const SECRET_BYTES = 24;
const SALT_BYTES = 16;

export interface NewToken {
  readonly salt: Buffer;
  readonly tokenHash: Buffer;
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * A row's id, and an HMAC of it and of the row's salt. So a token can be told again when its mail is sent, and is stored nowhere: the
 * table holds the salt and the token's hash, and neither the table nor the key alone gives a token away.
 */
export class OneTimeTokens {
  constructor(private readonly key: Buffer) {}

  make(id: string): NewToken {
    const salt = randomBytes(SALT_BYTES);
    return { salt, tokenHash: hashOf(this.write(id, salt)) };
  }

  /** Undefined where it was made with another key: a token that nobody would take is not sent. */
  tell({ id, salt, tokenHash }: NewToken & { readonly id: string }): string | undefined {
    const text = this.write(id, salt);
    return timingSafeEqual(hashOf(text), tokenHash) ? text : undefined;
  }

  /** Whose token it says that it is. */
  idIn(text: string): string | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== ID_BYTES + SECRET_BYTES || bytes.toString('base64url') !== text) return undefined;
    try {
      return uuidText(bytes.subarray(0, ID_BYTES));
    } catch {
      return undefined; // sixteen bytes that are no id
    }
  }

  matches(text: string, { tokenHash }: Pick<NewToken, 'tokenHash'>): boolean {
    return timingSafeEqual(hashOf(text), tokenHash);
  }

  private write(id: string, salt: Buffer): string {
    const head = Buffer.from(uuidBytes(id));
    const secret = createHmac('sha256', this.key).update(head).update(salt).digest().subarray(0, SECRET_BYTES);
    return Buffer.concat([head, secret]).toString('base64url');
  }
}
