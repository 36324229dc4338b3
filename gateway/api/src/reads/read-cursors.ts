import type { Cursors, Position } from '@mela/bus';
import type { Log } from '@mela/bus';

const PATIENCE_MS = 250;
const PAUSE_MS = 1_000;

interface Positions {
  current(): Promise<Position>;
}

/**
 * The signed end of the stream, as it was before a read. A read is worth having without it: when the stream cannot
 * be asked, there is none for a moment, and nobody waits for long.
 */
export class ReadCursors {
  private signed: { position: Position; cursor: string } | undefined;
  private pausedUntil = 0;

  constructor(
    private readonly positions: Positions,
    private readonly cursors: Cursors,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  async take(): Promise<string | undefined> {
    if (this.now() < this.pausedUntil) return undefined;
    try {
      return this.sign(await withinPatience(this.positions.current()));
    } catch (error) {
      this.pausedUntil = this.now() + PAUSE_MS;
      this.log.debug({ reason: String(error) }, 'reads are answered without a cursor');
      return undefined;
    }
  }

  private sign(position: Position): string {
    if (this.signed?.position !== position) this.signed = { position, cursor: this.cursors.sign(position) };
    return this.signed.cursor;
  }
}

async function withinPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no position within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
