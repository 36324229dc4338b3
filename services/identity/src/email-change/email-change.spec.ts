import { describe, expect, it } from 'vitest';
import { completes, isOpen } from './email-change.ts';

describe('a change of address', () => {
  const open = { completedAt: null, supersededAt: null, expiresAt: new Date(1_000) };

  it('is open until it is done, superseded or too old', () => {
    expect(isOpen(open, new Date(999))).toBe(true);
    expect(isOpen(open, new Date(1_000))).toBe(false);
    expect(isOpen({ ...open, completedAt: new Date(0) }, new Date(1))).toBe(false);
    expect(isOpen({ ...open, supersededAt: new Date(0) }, new Date(1))).toBe(false);
  });

  it('is complete when the other address has said yes before', () => {
    const neither = { oldConfirmedAt: null, newConfirmedAt: null };
    expect([completes(neither, 'old'), completes(neither, 'new')]).toEqual([false, false]);
    expect(completes({ ...neither, newConfirmedAt: new Date(0) }, 'old')).toBe(true);
    expect(completes({ ...neither, oldConfirmedAt: new Date(0) }, 'new')).toBe(true);
    expect(completes({ ...neither, oldConfirmedAt: new Date(0) }, 'old')).toBe(false);
  });
});
