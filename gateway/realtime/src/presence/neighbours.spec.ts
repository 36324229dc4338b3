import { describe, expect, it } from 'vitest';
import { Neighbours, SILENT_MS } from './neighbours.ts';
import { SENT_AWAY_MS } from './presence.ts';
import { Roll } from './roll.ts';
import { inPieces, readTiding } from './tidings.ts';

const LOOK_MS = 500;

function neighbourhood() {
  const clock = { now: 0 };
  const changes: string[] = [];
  const roll: Roll = new Roll((topic, personId) => changes.push(`${roll.has(topic, personId) ? '+' : '-'}${personId}`));
  const neighbours = new Neighbours(roll, () => clock.now);
  const pass = (ms: number) => {
    for (const until = clock.now + ms; clock.now < until; ) {
      clock.now += LOOK_MS;
      neighbours.look(LOOK_MS);
    }
  };
  const on = () => [...roll.on('dock:1')].sort();
  const all = (from: string, n: number, people: string[]) => neighbours.hear({ t: 'all', from, n, part: 0, parts: 1, people: { 'dock:1': people } });
  const changed = (from: string, n: number, came: string[], went: string[] = []) => neighbours.hear({ t: 'changed', from, n, came: { 'dock:1': came }, went: { 'dock:1': went } });
  return { neighbours, roll, clock, changes, pass, on, all, changed };
}

describe('the other gateways', () => {
  it('are asked for everything when something of theirs was missed, once in a while', () => {
    const { neighbours, changed, all, on, clock } = neighbourhood();
    expect(changed('one', 4, ['asha'])).toBe('one');
    expect(changed('one', 5, ['ravi'])).toBeUndefined();
    expect(on()).toEqual([]);
    all('one', 5, ['asha', 'ravi']);
    expect(changed('one', 6, ['mina'], ['asha'])).toBeUndefined();
    expect(on()).toEqual(['mina', 'ravi']);
    clock.now += 1_000;
    expect(neighbours.hear({ t: 'beat', from: 'one', n: 6, size: 2 })).toBeUndefined();
    expect(neighbours.hear({ t: 'beat', from: 'one', n: 7, size: 2 })).toBe('one');
  });

  it('are asked again when the count of their people is another, whatever they said', () => {
    const { neighbours, all } = neighbourhood();
    all('one', 5, ['asha']);
    expect(neighbours.hear({ t: 'beat', from: 'one', n: 5, size: 2 })).toBe('one');
  });

  it('change nothing for those who stay when everything is told anew', () => {
    const { all, changes } = neighbourhood();
    all('one', 1, ['asha', 'ravi']);
    all('two', 1, ['ravi']);
    all('one', 2, ['asha', 'mina']);
    expect(changes).toEqual(['+asha', '+ravi', '+mina']);
    all('two', 2, []);
    expect(changes.at(-1)).toBe('-ravi');
  });

  it('tell everything in pieces, and half of it counts for nothing', () => {
    const { neighbours, on } = neighbourhood();
    const piece = (part: number, people: string[], n = 3) => neighbours.hear({ t: 'all', from: 'one', n, part, parts: 2, people: { 'dock:1': people } });
    piece(0, ['asha']);
    expect(on()).toEqual([]);
    piece(0, ['asha']);
    piece(1, ['ravi']);
    expect(on()).toEqual(['asha', 'ravi']);
    piece(1, ['mina'], 4);
    expect(on()).toEqual(['asha', 'ravi']);
  });

  it('take their people with them when they fall silent, and come back with them', () => {
    const { pass, all, on, neighbours } = neighbourhood();
    all('one', 1, ['asha']);
    pass(SILENT_MS - LOOK_MS);
    expect([on(), neighbours.ids]).toEqual([['asha'], ['one']]);
    pass(LOOK_MS);
    expect([on(), neighbours.ids]).toEqual([[], []]);
    expect(neighbours.hear({ t: 'beat', from: 'one', n: 9, size: 1 })).toBe('one');
    all('one', 9, ['asha']);
    expect(on()).toEqual(['asha']);
  });

  it('leave their people time to come elsewhere when they say good-bye', () => {
    const { pass, all, on, neighbours, changes } = neighbourhood();
    all('one', 1, ['asha', 'ravi']);
    neighbours.hear({ t: 'bye', from: 'one' });
    pass(SENT_AWAY_MS - LOOK_MS);
    all('two', 1, ['asha']);
    pass(LOOK_MS);
    expect(on()).toEqual(['asha']);
    expect(changes).toEqual(['+asha', '+ravi', '-ravi']);
  });

  it('that said good-bye keep the place of nobody who is elsewhere: whoever leaves there has left', () => {
    const { roll, all, changed, on, neighbours, changes } = neighbourhood();
    all('one', 1, ['asha', 'ravi', 'mina', 'ben']);
    all('two', 1, ['asha']);
    neighbours.hear({ t: 'bye', from: 'one' });
    changed('two', 2, ['ravi'], ['asha']);
    roll.add('dock:1', 'mina');
    neighbours.cameBack('dock:1', 'mina');
    expect(on()).toEqual(['ben', 'mina', 'ravi']);
    changed('two', 3, [], ['ravi']);
    roll.remove('dock:1', 'mina');
    expect(on()).toEqual(['ben']);
    expect(changes.slice(4)).toEqual(['-asha', '-ravi', '-mina']);
  });

  it('that say good-bye one after the other leave whoever goes from one to the next the time of the last', () => {
    const { pass, all, on, neighbours, changes } = neighbourhood();
    all('one', 1, ['asha']);
    neighbours.hear({ t: 'bye', from: 'one' });
    pass(20_000);
    all('two', 1, ['asha']);
    neighbours.hear({ t: 'bye', from: 'two' });
    pass(SENT_AWAY_MS - LOOK_MS);
    expect(on()).toEqual(['asha']);
    pass(LOOK_MS);
    expect(changes).toEqual(['+asha', '-asha']);
  });

  it('are not taken for silent by one who slept', () => {
    const { clock, neighbours, all, on, pass } = neighbourhood();
    all('one', 1, ['asha']);
    clock.now += 20_000;
    neighbours.look(LOOK_MS);
    expect(on()).toEqual(['asha']);
    pass(SILENT_MS);
    expect(on()).toEqual([]);
  });
});

describe('tidings', () => {
  it('that are none of ours are not heard', () => {
    for (const text of ['', 'null', '{}', '{"t":"beat","from":"one","n":-1,"size":0}', '{"t":"shout","from":"one"}', '{"t":"bye","from":"a.b"}'])
      expect(readTiding(Buffer.from(text)), text).toBeUndefined();
    expect(readTiding(Buffer.from('{"t":"bye","from":"one"}'))).toEqual({ t: 'bye', from: 'one' });
  });

  it('of many people come in pieces that hold them all', () => {
    const people = Array.from({ length: 12_000 }, (_, n) => `p${n}`);
    const pieces = inPieces([['dock:1', people.slice(0, 7_000)], ['dock:2', people.slice(7_000)]]);
    expect(pieces).toHaveLength(3);
    expect(pieces.flatMap((piece) => Object.values(piece)).flat()).toEqual(people);
    expect(inPieces([])).toEqual([{}]);
  });
});
