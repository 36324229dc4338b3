import { describe, expect, it } from 'vitest';
import { furthest } from './consumer-page.ts';

const at = (stream_seq: number) => ({ delivered: { stream_seq } });

describe('how far the consumers of a stream are', () => {
  it('is the highest sequence that one of them has had', () => {
    expect(furthest({ total: 3, consumers: [at(7), at(40), at(12)] })).toBe(40);
    expect(furthest({ total: 0, consumers: null, missing: null })).toBe(0);
  });

  it('is not known while nobody answers for a durable', () => {
    expect(() => furthest({ total: 2, consumers: [at(7)], missing: ['realtime_x', 'communities_members'] })).toThrow(/not known yet: communities_members$/);
  });

  it('does not depend on what went down with its server', () => {
    expect(furthest({ total: 2, consumers: [at(7)], missing: ['realtime_CgWlkzZqVpgE3ZfDzOgpYD_1'] })).toBe(7);
  });

  it('is not known where the list is refused', () => {
    expect(() => furthest({ total: 0, consumers: null, error: { description: 'no quorum' } })).toThrow('no quorum');
  });
});
