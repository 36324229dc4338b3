import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { Message } from '../protocol/message.ts';
import { bytesOn, eventFrame } from './event-frame.ts';

const event = { id: id(9), type: 'ship.sighted' };

describe('the frame of an event', () => {
  it('carries the data as they were written', () => {
    const data = '{"price":10000000000000000001,"name":"Ærø","z":1,"a":[]}';
    expect(eventFrame('dock:north', 'e:1:sig', event, Buffer.from(data)).toString()).toBe(
      `{"t":"ev","topic":"dock:north","c":"e:1:sig","id":"${id(9)}","type":"ship.sighted","d":${data}}`,
    );
  });

  it.each([2, 100, 60_000, 70_000])('has the size that is reckoned for it, with %i bytes of data', (bytes) => {
    const payload = Buffer.alloc(bytes, 'x');
    const cursor = 'e:1:sig';
    const message = new Message([{ cursor, line: eventFrame('dock:north', cursor, event, payload) }]);
    const told = { ...event, seq: 1, storedAt: 0, topics: [], payload };
    expect(bytesOn('websocket', 'dock:north', cursor.length, told)).toBe(message.webSocket.length);
    expect(bytesOn('sse', 'dock:north', cursor.length, told)).toBe(message.serverSent.length);
  });

  it('is one line, even if its data were not', () => {
    const frame = eventFrame('dock:north', 'e:1:sig', event, Buffer.from('{\n  "note": "two\\nlines"\n}')).toString();
    expect(frame).not.toContain('\n');
    expect(JSON.parse(frame).d).toEqual({ note: 'two\nlines' });
  });
});
