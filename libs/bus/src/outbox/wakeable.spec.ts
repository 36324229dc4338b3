import { describe, expect, it } from 'vitest';
import { Wakeable } from './wakeable.ts';

const LONG_MS = 60_000;

describe('a loop’s sleep', () => {
  it('says what ended it', async () => {
    const loop = new Wakeable();
    const woken = loop.wait(LONG_MS);
    loop.wake();
    expect(await woken).toBe('news');
    const nudged = loop.wait(LONG_MS);
    loop.nudge();
    expect(await nudged).toBe('nudge');
    expect(await loop.wait(1)).toBe('silence');
  });

  it('is not begun where something happened just before', async () => {
    const loop = new Wakeable();
    loop.wake();
    expect([loop.hasNews, await loop.wait(LONG_MS), loop.hasNews]).toEqual([true, 'news', false]);
  });

  it('that is a lull is slept through nudges, and says whether to its end', async () => {
    const loop = new Wakeable();
    const lull = loop.lull(20);
    loop.nudge();
    expect(await lull).toBe(true);
    const ended = loop.lull(LONG_MS);
    loop.wake();
    expect(await ended).toBe(false);
  });

  it('that is a lull leaves the news to whoever looks next', async () => {
    const loop = new Wakeable();
    const lull = loop.lull(LONG_MS);
    loop.wake();
    await lull;
    await loop.lull(LONG_MS);
    expect(loop.hasNews).toBe(true);
  });
});
