import type { ToldEvent } from '../history/recent-events.ts';
import { headerBytes, serverSentBytes } from '../protocol/message.ts';
import type { Transport } from '../settings.ts';

const END = Buffer.from('}');
const LINE_BREAK = 0x0a;

const headOf = (topic: string, cursor: string, { id, type }: Pick<ToldEvent, 'id' | 'type'>): string => `${JSON.stringify({ t: 'ev', topic, c: cursor, id, type }).slice(0, -1)},"d":`;

/** The frame of one event on one topic, built once for all who hear it. Its data are the stream's own bytes, untouched. */
export const eventFrame = (topic: string, cursor: string, event: Pick<ToldEvent, 'id' | 'type'>, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(headOf(topic, cursor, event)), onOneLine(payload), END]);

/** How many bytes that is as a message of its own, with a cursor of that length. */
export function bytesOn(transport: Transport, topic: string, cursorLength: number, event: ToldEvent): number {
  const length = headOf(topic, '', event).length + cursorLength + event.payload.length + END.length;
  return length + (transport === 'sse' ? serverSentBytes(cursorLength) : headerBytes(length));
}

/** Frames are told apart by line breaks: data that was written over several lines is written anew. */
const onOneLine = (payload: Uint8Array): Uint8Array =>
  payload.includes(LINE_BREAK) ? Buffer.from(JSON.stringify(JSON.parse(Buffer.from(payload).toString('utf8')))) : payload;
