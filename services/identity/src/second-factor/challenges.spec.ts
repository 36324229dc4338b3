import { isFleeting, undoes } from '@mela/chassis';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../person/person.store.ts';
import { Challenges } from './challenges.ts';

const challenges = new Challenges(Buffer.alloc(32, 1));
const at = Date.parse('2030-01-01T09:00:00Z');
const write = (passwordHash = 'a hash') => challenges.write({ personId: id(1), device: 'Asha’s phone' }, passwordHash, at);

describe('the challenge of a sign-in', () => {
  it('says whose it is and on what, for five minutes', () => {
    const text = write();
    expect(challenges.read(text, at + 299_999)).toMatchObject({ personId: id(1), device: 'Asha’s phone' });
    expect(challenges.read(text, at + 300_000)).toBeUndefined();
    expect(text.length).toBeLessThan(2_000);
  });

  it('is kept by nobody for whoever repeats the request', () => {
    const needed = challenges.neededBy({ id: id(1), passwordHash: 'a hash', codesOn: true } as Credentials, undefined)!;
    expect([needed.code, isFleeting(needed), undoes(needed)]).toEqual(['identity.second_factor_needed', true, false]);
  });

  it('is another each time', () => {
    expect(challenges.read(write(), at)!.id).not.toBe(challenges.read(write(), at)!.id);
  });

  it('is of the password that it was given for', () => {
    const challenge = challenges.read(write(), at)!;
    expect([challenges.isOf(challenge, 'a hash'), challenges.isOf(challenge, 'another')]).toEqual([true, false]);
    expect(JSON.stringify(challenge)).not.toContain('a hash');
  });

  it('is not read when invented, altered, lengthened, or sealed with another key', () => {
    const text = write();
    const [body, seal] = text.split('.') as [string, string];
    const altered = Buffer.from(Buffer.from(body, 'base64url').toString().replace(id(1), id(2))).toString('base64url');
    const strangers = new Challenges(Buffer.alloc(32, 2)).write({ personId: id(1), device: undefined }, 'a hash', at);
    for (const other of ['', '.', 'x.y', body, `${body}.`, `${altered}.${seal}`, `${text}.`, `${text}=`, text.slice(0, -1), strangers]) expect(challenges.read(other, at), other).toBeUndefined();
  });

  it('with the longest device that there may be fits the contract', () => {
    expect(challenges.write({ personId: id(1), device: '字'.repeat(80) }, 'a hash', at).length).toBeLessThan(2_000);
  });
});
