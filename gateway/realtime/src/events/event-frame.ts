import type { ToldEvent } from '../history/recent-events.ts';

const END = Buffer.from('}');
const LINE_BREAK = 0x0a;

/** The frame of one event on one topic, built once for all who hear it. Its data are the stream's own bytes, untouched. */
export function eventFrame(topic: string, cursor: string, { id, type }: Pick<ToldEvent, 'id' | 'type'>, payload: Uint8Array): Buffer {
  const head = JSON.stringify({ t: 'ev', topic, c: cursor, id, type });
  return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"d":`), onOneLine(payload), END]);
}

/** Frames are told apart by line breaks: data that was written over several lines is written anew. */
const onOneLine = (payload: Uint8Array): Uint8Array =>
  payload.includes(LINE_BREAK) ? Buffer.from(JSON.stringify(JSON.parse(Buffer.from(payload).toString('utf8')))) : payload;
