import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { describe, expect, it } from 'vitest';
import { Message } from './message.ts';

/** What the library's clients read with; it does not declare it. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

const read = (bytes: Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: false });
    receiver.on('message', (data: Buffer) => resolve(String(data)));
    receiver.on('error', reject);
    receiver.write(bytes);
  });

describe('a message', () => {
  it.each([1, 124, 125, 126, 65_535, 65_536, 200_000])('of %i bytes is a frame that clients understand', async (bytes) => {
    const text = 'é'.repeat(bytes / 2) + 'x'.repeat(bytes % 2);
    expect(await read(Message.of(text).webSocket)).toBe(text);
  });

  it('puts its frames one below the other', async () => {
    expect(await read(Message.of('{"a":1}', '{"b":2}').webSocket)).toBe('{"a":1}\n{"b":2}');
  });

  it('is made once, however many read it', () => {
    const message = Message.of('{}');
    expect(message.webSocket).toBe(message.webSocket);
  });

  it('names the place after each event for those who read a stream of them', () => {
    const message = new Message([{ line: Buffer.from('{"t":"ev"}'), cursor: 'a:1:x' }, { line: Buffer.from('{"t":"live"}') }]);
    expect(String(message.serverSent)).toBe('id: a:1:x\ndata: {"t":"ev"}\n\ndata: {"t":"live"}\n\n');
  });

  it('keeps together what happened at one place', () => {
    const frames = ['a:1:x', 'a:1:x', 'a:2:y', undefined, undefined].map((cursor, n) => ({ line: Buffer.from(`{"n":${n}}`), ...(cursor === undefined ? {} : { cursor }) }));
    expect(String(new Message(frames).serverSent)).toBe(
      'id: a:1:x\ndata: {"n":0}\ndata: {"n":1}\n\nid: a:2:y\ndata: {"n":2}\n\ndata: {"n":3}\n\ndata: {"n":4}\n\n',
    );
    expect(String(new Message(frames).serverSentWithoutIds)).toBe('data: {"n":0}\ndata: {"n":1}\n\ndata: {"n":2}\n\ndata: {"n":3}\n\ndata: {"n":4}\n\n');
  });
});
