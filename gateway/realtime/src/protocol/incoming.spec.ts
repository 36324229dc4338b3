import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from './incoming.ts';

const read = (text: string | Buffer, isBinary = false) => [...readMessage(Buffer.from(text), isBinary, 1_000)];
const codes = (text: string | Buffer, isBinary = false) =>
  read(text, isBinary).map((heard) => (heard !== 'pulse' && 'fault' in heard ? heard.fault.code : heard));

describe('reading what clients send', () => {
  it('reads every frame of the protocol', () => {
    expect(read('{"i":1,"t":"connect","token":"a.b.c","subs":{"dock:1":"e:1:s"}}')).toEqual([{ i: 1, t: 'connect', token: 'a.b.c', subs: { 'dock:1': 'e:1:s' } }]);
    expect(read('{"i":2,"t":"sub","topic":"dock:1","since":"e:1:s"}')).toEqual([{ i: 2, t: 'sub', topic: 'dock:1', since: 'e:1:s' }]);
    expect(read('{"t":"unsub","topic":"dock:1"}')).toEqual([{ t: 'unsub', topic: 'dock:1' }]);
    expect(read('{}')).toEqual(['pulse']);
  });

  it('reads one frame a line, and a bad line does not spoil its neighbours', () => {
    expect(codes('{}\n{"t":"sub","topic":"dock:1"}\r\nnonsense\n{}\n')).toEqual(['pulse', { t: 'sub', topic: 'dock:1' }, 'frame.malformed', 'pulse']);
  });

  it.each([
    ['nothing at all', '', 'frame.malformed'],
    ['no JSON', '{"t":', 'frame.malformed'],
    ['an array', '[{"t":"sub"}]', 'frame.malformed'],
    ['null', 'null', 'frame.malformed'],
    ['a number', '7', 'frame.malformed'],
    ['no name', '{"i":1}', 'frame.unknown'],
    ['a foreign name', '{"t":"shout"}', 'frame.unknown'],
    ['a name every object has', '{"t":"constructor"}', 'frame.unknown'],
    ['a name that is no text', '{"t":["sub"]}', 'frame.unknown'],
    ['a missing field', '{"t":"sub"}', 'frame.invalid'],
    ['a wrong type', '{"t":"sub","topic":7}', 'frame.invalid'],
    ['an unknown field', '{"t":"sub","topic":"dock:1","sicne":"x"}', 'frame.invalid'],
    ['a token that is none', '{"t":"connect","token":""}', 'frame.invalid'],
    ['a fractional i', '{"i":1.5,"t":"sub","topic":"dock:1"}', 'frame.invalid'],
    ['a frame that is too long', `{"t":"sub","topic":"${'x'.repeat(1_000)}"}`, 'frame.too_large'],
  ])('refuses %s', (_what, text, code) => {
    expect(codes(text)).toEqual([code]);
  });

  it('refuses bytes that are no text', () => {
    expect(codes('{}', true)).toEqual(['frame.malformed']);
    expect(codes(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual(['frame.malformed']);
  });

  it('says which frame it refuses, where that can be known', () => {
    expect(read('{"i":4,"t":"sub"}')).toMatchObject([{ i: 4, fault: { detail: expect.stringContaining('topic') } }]);
    expect(read('{"i":5,"t":"shout"}')).toMatchObject([{ i: 5 }]);
    expect(read('{"i":"five","t":"shout"}')[0]).not.toHaveProperty('i');
  });

  it('never breaks, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map((text) => Buffer.from(text))), fc.boolean(), (bytes, isBinary) => {
        for (const heard of read(Buffer.from(bytes), isBinary)) expect(heard).toBeTruthy();
      }),
    );
  });
});
