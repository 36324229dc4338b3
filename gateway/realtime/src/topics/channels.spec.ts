import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Message } from '../protocol/message.ts';
import type { Connection } from '../socket/connection.ts';
import { Channels } from './channels.ts';
import { Subscription } from './subscription.ts';

const listener = (topic: string) => {
  const messages: Message[] = [];
  const subscription = new Subscription({ deliver: (message: Message) => messages.push(message) } as unknown as Connection, topic, 0);
  return { subscription, messages, lines: () => messages.map(({ frames }) => frames.map(({ line }) => String(line))) };
};
const frame = (text: string) => ({ line: Buffer.from(text), cursor: text });

describe('channels', () => {
  it('tell what happens within one turn in one message, the same for all', async () => {
    const channels = new Channels();
    const [a, b] = [listener('dock:north'), listener('dock:north')];
    channels.join(a.subscription);
    channels.join(b.subscription);
    for (const text of ['1', '2', '3']) channels.tell('dock:north', frame(text));
    expect(a.messages).toEqual([]);
    await setImmediate();
    channels.tell('dock:north', frame('4'));
    await setImmediate();
    expect(a.lines()).toEqual([['1', '2', '3'], ['4']]);
    expect(b.messages[0]).toBe(a.messages[0]);
  });

  it('tell nothing twice to whoever joins, and all of it to whoever leaves', async () => {
    const channels = new Channels();
    const [early, late] = [listener('dock:north'), listener('dock:north')];
    channels.join(early.subscription);
    channels.tell('dock:north', frame('1'));
    channels.join(late.subscription);
    channels.tell('dock:north', frame('2'));
    channels.leave(early.subscription);
    channels.tell('dock:north', frame('3'));
    await setImmediate();
    expect([early.lines(), late.lines()]).toEqual([[['1'], ['2']], [['2'], ['3']]]);
  });

  it('keep messages small enough for a phone', async () => {
    const channels = new Channels();
    const one = listener('dock:north');
    channels.join(one.subscription);
    for (let n = 0; n < 5; n++) channels.tell('dock:north', frame(String(n).repeat(30_000)));
    await setImmediate();
    expect(one.lines().map((lines) => lines.length)).toEqual([2, 2, 1]);
  });

  it('forget whom nobody listens for', () => {
    const channels = new Channels();
    const one = listener('dock:north');
    channels.join(one.subscription);
    expect(channels.listenersOf('dock:north')).toBe(1);
    channels.leave(one.subscription);
    channels.leave(one.subscription);
    expect(channels.listenersOf('dock:north')).toBe(0);
    channels.tell('dock:north', frame('1'));
  });
});
