import { describe, expect, it } from 'vitest';
import { standingOf } from './verification.ts';

describe('a verification', () => {
  const open = { usedAt: null, supersededAt: null, expiresAt: new Date(1_000) };

  it('is open until it is used, superseded or too old', () => {
    expect(standingOf(open, new Date(999))).toBe('open');
    expect(standingOf(open, new Date(1_000))).toBe('expired');
    expect(standingOf({ ...open, supersededAt: new Date(0) }, new Date(1))).toBe('superseded');
    expect(standingOf({ ...open, usedAt: new Date(0), supersededAt: new Date(0) }, new Date(1))).toBe('used');
  });
});
