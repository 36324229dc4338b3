import type { Socket } from 'node:net';

/** What may be on its way at once; more makes the sender wait. */
const HELD_AT_MOST = 1 << 20;

/** One direction of a line: what one side says is written to the other, at once or later, in its order and no faster than it is taken. */
export class Flow {
  /** What is on its way; undefined is the end of it. */
  private readonly held: { readonly due: number; readonly chunk: Buffer | undefined }[] = [];
  private heldBytes = 0;
  private delayMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private still = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
  ) {
    from.on('data', (chunk) => this.take(chunk));
    from.on('end', () => this.take(undefined));
    to.on('drain', () => this.pump());
    from.resume();
  }

  delay(ms: number): void {
    this.delayMs = ms;
    if (ms === 0) this.pump();
  }

  /** For good: a line that was frozen is reset in the end. */
  freeze(): void {
    this.still = true;
    clearTimeout(this.timer);
    // A socket that is not read does not learn that the other side closed.
    this.from.pause();
  }

  private take(chunk: Buffer | undefined): void {
    if (this.held.length === 0 && this.delayMs === 0) return this.give(chunk);
    this.held.push({ due: performance.now() + this.delayMs, chunk });
    this.heldBytes += chunk?.length ?? 0;
    if (this.heldBytes > HELD_AT_MOST) this.from.pause();
    if (this.held.length === 1) this.pump();
  }

  private give(chunk: Buffer | undefined): void {
    if (chunk === undefined) this.to.end();
    else if (!this.to.write(chunk)) this.from.pause();
  }

  private pump(): void {
    if (this.still) return;
    clearTimeout(this.timer);
    while (this.held.length > 0 && !this.to.writableNeedDrain) {
      const [next] = this.held;
      const early = this.delayMs === 0 ? 0 : next!.due - performance.now();
      if (early > 0) {
        this.timer = setTimeout(() => this.pump(), early);
        break;
      }
      this.held.shift();
      this.heldBytes -= next!.chunk?.length ?? 0;
      this.give(next!.chunk);
    }
    if (this.heldBytes <= HELD_AT_MOST && !this.to.writableNeedDrain) this.from.resume();
  }
}
