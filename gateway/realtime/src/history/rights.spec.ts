import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rights } from './rights.ts';

const asha = { personId: 'asha', scope: 'community:1' };

describe('where rights began', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is where they were last granted', () => {
    const rights = new Rights();
    rights.granted(asha, 5);
    rights.revoked(asha);
    expect(rights.beginningOf(asha)).toBeUndefined();
    rights.granted(asha, 9);
    expect(rights.beginningOf(asha)).toBe(9);
    expect(rights.beginningOf({ ...asha, scope: 'community:2' })).toBeUndefined();
  });

  it('is soon known of one whose event is on its way', async () => {
    const rights = new Rights();
    const soon = [rights.soon(asha, 5_000), rights.soon(asha, 5_000)];
    rights.granted(asha, 7);
    expect(await Promise.all(soon)).toEqual([7, 7]);
    expect(await rights.soon(asha, 5_000)).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not waited for in vain', async () => {
    const rights = new Rights();
    const soon = rights.soon(asha, 5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await soon).toBeUndefined();
  });

  it('is forgotten together with what happened then', () => {
    const rights = new Rights();
    const ravi = { personId: 'ravi', scope: 'community:1' };
    rights.granted(asha, 1);
    rights.granted(ravi, 2);
    rights.granted(asha, 3);
    rights.forgetUntil(2);
    expect([rights.beginningOf(ravi), rights.beginningOf(asha)]).toEqual([undefined, 3]);
  });
});
