import { describe, expect, it } from 'vitest';
import { Lane } from './lane.ts';

const laneOf = (...seqs: number[]) => {
  const lane = new Lane<{ seq: number }>();
  for (const seq of seqs) lane.push({ seq });
  return lane;
};

describe('a lane', () => {
  it('finds what comes after a place', () => {
    const lane = laneOf(3, 5, 9);
    const after = (seq: number) => lane.slice(lane.numberAfter(seq), 100).map((item) => item.seq);
    expect(after(0)).toEqual([3, 5, 9]);
    expect(after(3)).toEqual([5, 9]);
    expect(after(4)).toEqual([5, 9]);
    expect(after(9)).toEqual([]);
  });

  it('numbers its items from the first there ever was, however much it forgot', () => {
    const lane = laneOf();
    for (let seq = 1; seq <= 10_000; seq++) {
      lane.push({ seq });
      if (seq > 100) lane.shift();
    }
    expect(lane.size).toBe(100);
    expect(lane.first).toEqual({ seq: 9_901 });
    expect(lane.numberAfter(9_950)).toBe(9_950);
    expect(lane.slice(9_950, 9_952)).toEqual([{ seq: 9_951 }, { seq: 9_952 }]);
    expect(lane.slice(0, 9_901)).toEqual([{ seq: 9_901 }]);
  });

  it('is empty when all is forgotten', () => {
    const lane = laneOf(1);
    lane.shift();
    expect([lane.size, lane.first, lane.shift()]).toEqual([0, undefined, undefined]);
  });
});
