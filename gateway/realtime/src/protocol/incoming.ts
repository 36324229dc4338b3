import { isUtf8 } from 'node:buffer';
import type { Refusal } from '@mela/contracts';
import { z } from 'zod';
import { FrameTooLarge, InvalidFrame, MalformedFrame, UnknownFrame } from './faults.ts';

const i = z.int().min(0).optional();
const topic = z.string().min(1).max(100);
const cursor = z.string().max(200);
const token = z.string().min(1).max(8_192);
const ticket = z.string().min(1).max(100);

const frames = {
  connect: z
    .strictObject({ t: z.literal('connect'), i, token: token.optional(), ticket: ticket.optional(), subs: z.record(topic, cursor).optional() })
    .refine((frame) => (frame.token === undefined) !== (frame.ticket === undefined), 'It takes a token or a ticket'),
  sub: z.strictObject({ t: z.literal('sub'), i, topic, since: cursor.optional(), presence: z.literal(true).optional() }),
  auth: z.strictObject({ t: z.literal('auth'), i, token }),
  unsub: z.strictObject({ t: z.literal('unsub'), i, topic }),
};

type Frames = typeof frames;
export type ConnectFrame = z.output<Frames['connect']>;
export type SubFrame = z.output<Frames['sub']>;
export type AuthFrame = z.output<Frames['auth']>;
export type UnsubFrame = z.output<Frames['unsub']>;
export type Frame = ConnectFrame | SubFrame | AuthFrame | UnsubFrame;

/** `{}`: a ping, or the answer to one. */
type Pulse = 'pulse';

export interface Malformed {
  readonly fault: Refusal;
  readonly i?: number;
}

/** Several frames may arrive in one message, one a line. A bad line does not spoil its neighbours. */
export function* readMessage(data: Buffer, isBinary: boolean, maxFrame: number): Generator<Frame | Pulse | Malformed> {
  if (isBinary) yield { fault: MalformedFrame('It is binary; frames are text') };
  else if (!isUtf8(data)) yield { fault: MalformedFrame('It is not UTF-8') };
  else {
    // A batch may end with a line break; a message that holds nothing is a frame all the same, and a bad one.
    const lines = data.toString('utf8').split('\n').filter((line) => line.trim() !== '');
    for (const line of lines.length === 0 ? [''] : lines) yield readFrame(line, maxFrame);
  }
}

function readFrame(line: string, maxFrame: number): Frame | Pulse | Malformed {
  if (Buffer.byteLength(line) > maxFrame) return { fault: FrameTooLarge(`A frame has at most ${maxFrame} bytes`) };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: MalformedFrame('It is not JSON') };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: MalformedFrame() };
  if (Object.keys(value).length === 0) return 'pulse';
  return checked(value as Record<string, unknown>);
}

function checked(value: Record<string, unknown>): Frame | Malformed {
  const { t } = value;
  const known = i.safeParse(value['i']).data;
  const answerTo = known === undefined ? {} : { i: known };
  if (typeof t !== 'string' || !Object.hasOwn(frames, t)) return { fault: UnknownFrame(`t is one of ${Object.keys(frames).join(', ')}`), ...answerTo };
  const frame = frames[t as keyof Frames].safeParse(value);
  if (frame.success) return frame.data;
  return { fault: InvalidFrame(frame.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ')), ...answerTo };
}
