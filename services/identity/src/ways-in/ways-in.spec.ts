import { LastWayIn } from '@mela/contracts';
import { expect, it } from 'vitest';
import { mayLeave, type WaysIn } from './ways-in.ts';

const providers = { vouches: (issuer: string) => issuer === 'https://there.example' };
const left = (ways: Partial<WaysIn>) => mayLeave({ hasPassword: false, passkeys: 0, issuers: [], ...ways }, providers);

it('whoever has a password, a passkey or a provider left may take another away', () => {
  for (const ways of [{ hasPassword: true }, { passkeys: 1 }, { issuers: ['https://gone.example', 'https://there.example'] }]) expect(left(ways)).toBeUndefined();
});

it('whoever has nothing left may not, and a provider that the settings name no more is nothing', () => {
  for (const ways of [{}, { issuers: ['https://gone.example'] }]) expect(left(ways)).toEqual(LastWayIn());
});
