import { Cursors, type Position } from '@mela/bus';
import { describe, expect, it } from 'vitest';
import { ReadCursors } from './read-cursors.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const cursors = new Cursors('f'.repeat(40));

function over(current: () => Promise<Position>) {
  const clock = { now: 0 };
  let asked = 0;
  const reads = new ReadCursors({ current: () => (asked++, current()) }, cursors, log, () => clock.now);
  return { reads, clock, asked: () => asked };
}

describe('the cursor of a read', () => {
  it('is the stream’s position, signed', async () => {
    const { reads } = over(async () => ({ epoch: 'abc', seq: 7 }));
    expect(cursors.open((await reads.take())!)).toEqual({ epoch: 'abc', seq: 7 });
  });

  it('follows the position', async () => {
    let seq = 1;
    const { reads } = over(async () => ({ epoch: 'abc', seq: seq++ }));
    expect([cursors.open((await reads.take())!)?.seq, cursors.open((await reads.take())!)?.seq]).toEqual([1, 2]);
  });

  it('is left out while the stream cannot be asked, and asked for again after a moment', async () => {
    let away = true;
    const { reads, clock, asked } = over(async () => {
      if (away) throw new Error('away');
      return { epoch: 'abc', seq: 7 };
    });
    expect([await reads.take(), await reads.take(), asked()]).toEqual([undefined, undefined, 1]);
    away = false;
    clock.now += 1_000;
    expect(await reads.take()).toBeTruthy();
  });

  it('is not waited for without end', async () => {
    expect(await over(() => new Promise(() => undefined)).reads.take()).toBeUndefined();
  });
});
