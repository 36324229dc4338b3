import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asAccount, mayLookAfter } from './account.ts';

const at = new Date(0);
const standing = (n: number, role: 'member' | 'admin' | 'super_admin', suspendedAt: Date | null = null, deactivatedAt: Date | null = null) => ({ id: id(n), role, suspendedAt, deactivatedAt });

describe('shutting out and letting in', () => {
  it('is an admin’s, of members', () => {
    expect(mayLookAfter(standing(1, 'admin'), standing(2, 'member'))).toBeUndefined();
    for (const role of ['admin', 'super_admin'] as const) expect(mayLookAfter(standing(1, 'admin'), standing(2, role))).toMatchObject({ code: 'access.denied' });
  });

  it('is a super-admin’s, of everybody else', () => {
    for (const role of ['member', 'admin', 'super_admin'] as const) expect(mayLookAfter(standing(1, 'super_admin'), standing(2, role))).toBeUndefined();
  });

  it('is nobody’s, of themselves', () => {
    for (const role of ['admin', 'super_admin'] as const) expect(mayLookAfter(standing(1, role), standing(1, role))).toMatchObject({ code: 'identity.not_yourself' });
  });

  it('is nobody’s who was shut out, lost the role or went meanwhile', () => {
    for (const asker of [standing(1, 'super_admin', at), standing(1, 'super_admin', null, at), standing(1, 'member'), undefined]) expect(mayLookAfter(asker, standing(2, 'member'))).toMatchObject({ code: 'access.denied' });
  });
});

it('an account says whether its owner is shut out, and why, or has closed it, and until when', () => {
  const kept = { ...standing(1, 'member'), email: 'a@example.org', name: 'Asha', emailVerifiedAt: null, language: 'en', deletionDueAt: null, version: 1, createdAt: at, suspendedBy: null, suspensionReason: null };
  expect(asAccount(kept)).toEqual({ id: id(1), email: 'a@example.org', emailVerified: false, name: 'Asha', role: 'member', createdAt: at.toISOString(), suspension: null, deactivatedAt: null, deletionDueAt: null });
  expect(asAccount({ ...kept, suspendedAt: at, suspendedBy: id(2), suspensionReason: 'spam' }).suspension).toEqual({ at: at.toISOString(), by: id(2), reason: 'spam' });
  expect(asAccount({ ...kept, deactivatedAt: at, deletionDueAt: new Date(1_000) })).toMatchObject({ deactivatedAt: at.toISOString(), deletionDueAt: '1970-01-01T00:00:01.000Z' });
});
