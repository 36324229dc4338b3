import { describe, expect, it } from 'vitest';
import { envelope, type ReadAnswer } from './envelope.ts';
import { sideBySide } from './side-by-side.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const answer = (body: string, status = 200): ReadAnswer => ({ status, headers: { 'Content-Type': 'application/json' }, body: Buffer.from(body) });
const written = (places: Parameters<typeof envelope>[0], room?: number) => Buffer.from(envelope(places, TRACE, room)).toString();

describe('the envelope of a batch', () => {
  it('holds every answer as the bytes it is, in their order', () => {
    const first = '{ "n":  1.0,\n "big": 12345678901234567890 }';
    const text = written([{ id: 'one', answer: answer(first) }, { id: undefined, answer: answer('[]', 404) }]);
    expect(text).toContain(`"body":${first}}`);
    expect(JSON.parse(text).responses).toMatchObject([{ id: 'one', status: 200 }, { status: 404, body: [] }]);
    expect(JSON.parse(text).responses[1]).not.toHaveProperty('id');
  });

  it('says nothing of a body where there is none', () => {
    expect(JSON.parse(written([{ id: undefined, answer: { status: 304, headers: { ETag: '"x"' }, body: new Uint8Array(0) } }]))).toEqual({ responses: [{ status: 304, headers: { ETag: '"x"' } }] });
  });

  it('keeps an id that would end the JSON inside of it', () => {
    const id = '"},{"status":200';
    expect(JSON.parse(written([{ id, answer: answer('1') }])).responses).toMatchObject([{ id, body: 1 }]);
  });

  it('has room for so much; what does not fit says so in its place, and a smaller one behind it still fits', () => {
    const { responses } = JSON.parse(written([{ id: 'a', answer: answer('"12345"') }, { id: 'b', answer: answer('"12345"') }, { id: 'c', answer: answer('1') }], 8));
    expect(responses).toMatchObject([{ id: 'a', status: 200 }, { id: 'b', status: 500, headers: { 'Content-Type': 'application/problem+json' }, body: { code: 'service.answer_too_large', hint: 'Ask for it alone' } }, { id: 'c', status: 200, body: 1 }]);
  });
});

describe('work side by side', () => {
  it('is done so many at a time, and its results keep their order', async () => {
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const begun: number[] = [];
    const all = sideBySide([0, 1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      await gates[item]!.promise;
      return item * 10;
    });
    expect(begun).toEqual([0, 1]);
    gates[1]!.resolve();
    await expect.poll(() => begun).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    expect(await all).toEqual([0, 10, 20, 30, 40]);
  });
});
