/** One frame, and the place in the stream that it tells of, where it tells of one. */
export interface Frame {
  readonly line: Buffer;
  readonly cursor?: string;
}

const LINE_BREAK = Buffer.from('\n');
const DATA = Buffer.from('data: ');
const END_OF_EVENT = Buffer.from('\n\n');

/**
 * Frames that leave together. What each transport makes of them is made once, for everybody who gets them:
 * the bytes are shared by all sockets that wait for their turn to write them.
 */
export class Message {
  private framed: Buffer | undefined;
  private streamed: Buffer | undefined;
  readonly bytes: number;

  constructor(readonly frames: readonly Frame[]) {
    this.bytes = frames.reduce((sum, { line }) => sum + line.length + 1, 0);
  }

  static of(...lines: readonly string[]): Message {
    return new Message(lines.map((line) => ({ line: Buffer.from(line) })));
  }

  /** The lines of a batch, one below the other. */
  get text(): Buffer {
    const { frames } = this;
    return frames.length === 1 ? frames[0]!.line : Buffer.concat(frames.flatMap(({ line }, place) => (place === 0 ? [line] : [LINE_BREAK, line])));
  }

  /** As one unmasked text frame of RFC 6455. */
  get webSocket(): Buffer {
    return (this.framed ??= textFrame(this.text));
  }

  /**
   * As Server-Sent Events: the id is where to go on after it. Frames of one place stand in one event, a line each: were they
   * two, a stream that breaks off between them could be resumed neither before the first nor after it.
   */
  get serverSent(): Buffer {
    return (this.streamed ??= Buffer.concat(this.frames.flatMap((frame, place) => this.serverSentLines(frame, place))));
  }

  /** The same for whoever is to go on from where it was before. */
  get serverSentWithoutIds(): Buffer {
    return Buffer.concat(this.frames.flatMap((frame, place) => this.serverSentLines(frame, place).slice(1)));
  }

  /** The id, where it stands here, before the rest. */
  private serverSentLines({ line, cursor }: Frame, place: number): Buffer[] {
    const isWithLast = cursor !== undefined && this.frames[place - 1]?.cursor === cursor;
    const isLast = cursor === undefined || this.frames[place + 1]?.cursor !== cursor;
    const id = cursor === undefined || isWithLast ? '' : `id: ${cursor}\n`;
    return [Buffer.from(id), DATA, line, isLast ? END_OF_EVENT : LINE_BREAK];
  }
}

const FINAL_TEXT = 0x81;

/** What stands before a payload of that length, so that its end is known. */
export const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** What stands around a frame in a stream of events. */
export const serverSentBytes = (cursorLength: number): number => 'id: \ndata: \n\n'.length + cursorLength;

function textFrame(payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([FINAL_TEXT, length]), payload]);
  if (length < 65_536) {
    const head = Buffer.from([FINAL_TEXT, 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return Buffer.concat([head, payload]);
  }
  const head = Buffer.from([FINAL_TEXT, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 6);
  return Buffer.concat([head, payload]);
}
