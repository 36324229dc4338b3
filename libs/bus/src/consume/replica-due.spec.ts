import { expect, it } from 'vitest';
import { whyBuild } from './replica-due.ts';

const replica = { build: 1, epoch: 'spring', followedTo: 100, cursor: undefined, items: 7, complete: true };

it('a replica that never was is built', () => {
  expect(whyBuild(undefined, { epoch: 'spring', firstSeq: 0, lastSeq: 0 }, 0)).toBe('it never was');
});

it.each([
  ['the stream it followed is another one now', { epoch: 'summer', firstSeq: 1, lastSeq: 500 }, 'the stream was made anew'],
  ['the stream ends before what it has heard', { epoch: 'spring', firstSeq: 1, lastSeq: 99 }, 'the stream lost its end'],
  ['the next event may have aged out', { epoch: 'spring', firstSeq: 102, lastSeq: 500 }, 'the stream has forgotten what was not heard'],
])('a replica is built anew when %s', (_what, stream, why) => {
  expect(whyBuild(replica, stream, 0)).toBe(why);
});

it('a replica is built anew when a relay told of a loss after what it has heard', () => {
  const stream = { epoch: 'spring', firstSeq: 1, lastSeq: 500 };
  expect(whyBuild(replica, stream, 101)).toBe('the stream lost events that nobody can send again');
  expect(whyBuild(replica, stream, 100)).toBeUndefined();
});

it.each([
  ['nothing was stored since', { firstSeq: 1, lastSeq: 100 }],
  ['all it has heard has aged out, and nothing else', { firstSeq: 101, lastSeq: 100 }],
  ['the next event is the first that the stream still has', { firstSeq: 101, lastSeq: 500 }],
])('a replica only follows when %s', (_what, stream) => {
  expect(whyBuild(replica, { epoch: 'spring', ...stream }, 0)).toBeUndefined();
});
