import { expect, it } from 'vitest';
import { EventReader } from './event-reader.ts';

const stream = 'retry: 3000\n\nid: e:1:x\ndata: {"a":1}\ndata: {"b":2}\n\n:\n\n:\nid: e:2:y\n\ndata:{"c":3}\n\n';
const events = [
  { id: undefined, lines: [] },
  { id: 'e:1:x', lines: ['{"a":1}', '{"b":2}'] },
  { id: undefined, lines: [] },
  { id: 'e:2:y', lines: [] },
  { id: undefined, lines: ['{"c":3}'] },
];

it.each([1, 2, 3, 7, stream.length])('reads a stream in pieces of %i characters', (size) => {
  const reader = new EventReader();
  const read = [];
  for (let at = 0; at < stream.length; at += size) read.push(...reader.read(stream.slice(at, at + size)));
  expect(read).toEqual(events);
});

it('tells nothing of an event that broke off', () => {
  const reader = new EventReader();
  expect([...reader.read('id: e:1:x\ndata: {"a":1}\n')]).toEqual([]);
});
