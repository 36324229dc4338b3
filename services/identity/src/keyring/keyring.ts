import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export class CannotOpen extends Error {}

/** One secret, and a key of its own for each purpose: what is learnt about one says nothing about another. */
export class Keyring {
  private readonly sealing: Buffer;

  constructor(private readonly secret: string) {
    this.sealing = this.keyFor('sealing');
  }

  keyFor(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret, '', `mela.identity.${purpose}`, 32));
  }

  /** The name is sealed in: a sealed value moved to another row does not open there. */
  seal(plain: string, name: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.sealing, iv).setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  open(sealed: Buffer, name: string): string {
    try {
      const decipher = createDecipheriv(CIPHER, this.sealing, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(name))
        .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch (error) {
      throw new CannotOpen(`${name} was sealed with another secret, or altered`, { cause: error });
    }
  }
}
