import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { mayImpersonate } from './impersonation.ts';

const standing = (n: number, role: 'member' | 'admin' | 'super_admin', suspendedAt: Date | null = null, deactivatedAt: Date | null = null) => ({ id: id(n), role, suspendedAt, deactivatedAt });
const vera = standing(1, 'super_admin');

it('a super-admin may look through the eyes of members and admins', () => {
  for (const role of ['member', 'admin'] as const) expect(mayImpersonate(vera, standing(2, role))).toBeUndefined();
});

it('nobody looks through a super-admin’s eyes, not even their own twice', () => {
  for (const other of [standing(2, 'super_admin'), vera]) expect(mayImpersonate(vera, other)).toMatchObject({ code: 'identity.may_not_impersonate' });
});

it('whoever is shut out has nothing to see', () => {
  expect(mayImpersonate(vera, standing(2, 'member', new Date(0)))).toMatchObject({ code: 'identity.suspended' });
  expect(mayImpersonate(vera, standing(2, 'member', null, new Date(0)))).toMatchObject({ code: 'identity.person_unknown' });
});

it('whoever is no super-admin any more may not, whatever their token says', () => {
  for (const asker of [standing(1, 'admin'), standing(1, 'super_admin', new Date(0)), standing(1, 'super_admin', null, new Date(0)), undefined]) expect(mayImpersonate(asker, standing(2, 'member'))).toMatchObject({ code: 'access.denied' });
});
