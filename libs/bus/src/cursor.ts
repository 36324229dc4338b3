import { createHmac, timingSafeEqual } from 'node:crypto';

/** A place in the stream. The epoch changes when the stream is made anew: positions of another epoch mean nothing. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** Cursors are opaque to clients and signed, so that nobody reads on from where they were never allowed to be. */
export class Cursors {
  constructor(private readonly secret: string) {}

  sign({ epoch, seq }: Position): string {
    const text = `${epoch}:${seq}`;
    return `${text}:${this.seal(text)}`;
  }

  open(cursor: string): Position | undefined {
    const match = /^(([a-z0-9]{1,16}):(\d{1,15})):([\w-]{11})$/.exec(cursor);
    if (!match) return undefined;
    const expected = this.seal(match[1]!);
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(match[4]!))) return undefined;
    return { epoch: match[2]!, seq: Number(match[3]) };
  }

  private seal(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url').slice(0, 11);
  }
}
