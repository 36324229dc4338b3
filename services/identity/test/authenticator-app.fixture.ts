import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

/** An authenticator app as RFC 6238 describes it, written without the library that it is to agree with. */
export class AuthenticatorApp {
  private readonly secret: Buffer;

  constructor(base32: string) {
    const bits = base32.split('').map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
    this.secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  }

  static now = (): number => Math.floor(Date.now() / STEP_MS);

  codeOf(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac('sha1', this.secret).update(counter).digest();
    return ((digest.readUInt32BE(digest.at(-1)! & 15) & 0x7f_ff_ff_ff) % 1_000_000).toString().padStart(6, '0');
  }

  /** One that is right nowhere near the moment. */
  get wrongCode(): string {
    const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((steps) => this.codeOf(AuthenticatorApp.now() + steps)));
    return ['000000', '111111', '222222', '333333', '444444', '555555', '666666', '777777'].find((code) => !near.has(code))!;
  }
}
