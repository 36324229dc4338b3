import { isRefusal, LinkedElsewhere, OutsideEmailUnverified, Text } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { AddressHasAccount, mayLink, newcomer } from './outside.ts';

const verified = { email: ' Asha@Outside.example ', email_verified: true };

describe('whoever comes with a provider’s word for the first time', () => {
  it('has the address that the provider verified, folded, and the name that it tells', () => {
    expect(newcomer({ claims: { ...verified, name: 'Asha Rao' } }, 'A. Rao')).toEqual({ email: 'asha@outside.example', name: 'Asha Rao' });
    expect(newcomer({ claims: { ...verified, email_verified: 'true' } })).toEqual({ email: 'asha@outside.example', name: 'asha' });
  });

  it('is called as they say where the provider tells no name, and never longer than a name may be', () => {
    expect(newcomer({ claims: { ...verified, name: ' ' } }, 'A. Rao')).toMatchObject({ name: 'A. Rao' });
    expect(newcomer({ claims: { ...verified, name: 'न'.repeat(200) } })).toMatchObject({ name: 'न'.repeat(80) });
    expect(newcomer({ claims: { ...verified, name: `${'a'.repeat(79)}😀` } })).toMatchObject({ name: 'a'.repeat(79) });
    expect(newcomer({ claims: { ...verified, name: `${'a'.repeat(79)}\u0958` } })).toMatchObject({ name: `${'a'.repeat(79)}क` });
  });

  it.each([
    ['cannot be kept', 'a\u0000b'],
    ['cannot be seen', '\u200b'],
    ['turns what stands behind it around', '\u202eimdA'],
    ['is half a character', 'a\ud800b'],
    ['is no text', { formatted: 'Asha Rao' }],
  ])('is not called what %s, but the next best', (_how, name) => {
    expect(newcomer({ claims: { ...verified, name, given_name: 'Asha' } }, 'A. Rao')).toMatchObject({ name: 'A. Rao' });
    expect(newcomer({ claims: { ...verified, name, given_name: 'Asha' } })).toMatchObject({ name: 'Asha' });
    expect(newcomer({ claims: { ...verified, name, given_name: name } })).toMatchObject({ name: 'asha' });
  });

  it('may have an address of the oddest: what stands before its @ is a name, too', () => {
    for (const local of ['_', '+', "o'", `${'x'.repeat(100)}`]) {
      const { email, name } = newcomer({ claims: { email: `${local}-@outside.example`, email_verified: true } }) as { email: string; name: string };
      expect([email, name]).toEqual([`${local}-@outside.example`, Text(80).parse(name)]);
    }
  });

  it.each([
    ['is not verified', { ...verified, email_verified: false }],
    ['is said to be verified in some other way', { ...verified, email_verified: 1 }],
    ['is not said to be verified', { email: verified.email }],
    ['is none', { ...verified, email: 'asha' }],
    ['is none that mail goes to', { ...verified, email: 'asha\u0000@outside.example' }],
    ['is too long', { ...verified, email: `${'a'.repeat(400)}@outside.example` }],
    ['is missing', { email_verified: true }],
  ])('gets no account with an address that %s', (_how, claims) => {
    expect(newcomer({ claims })).toEqual(OutsideEmailUnverified());
  });
});

it('an address that has an account is told how to go on', () => {
  const refused = AddressHasAccount();
  expect([isRefusal(refused), refused.code, refused.hint]).toEqual([true, 'identity.email_taken', expect.stringContaining('link')]);
});

it('a subject is linked to one person, as often as they like', () => {
  expect([mayLink('asha', undefined), mayLink('asha', { personId: 'asha' })]).toEqual([undefined, undefined]);
  expect(mayLink('asha', { personId: 'ravi' })).toEqual(LinkedElsewhere());
});
