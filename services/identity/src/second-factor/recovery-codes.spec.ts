import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { RecoveryCodes } from './recovery-codes.ts';

const codes = new RecoveryCodes(Buffer.alloc(32, 1));

it('recovery codes are ten, each another, and fit the contract', () => {
  const made = codes.make();
  expect(new Set(made).size).toBe(10);
  for (const code of made) expect(code).toMatch(/^(?:[0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
});

it('a recovery code is the same however it is written, another person’s is not, and without the key nobody can try any', () => {
  const hash = codes.hashOf(id(1), '7q2m-x9ka-41pd-hn80');
  for (const same of ['7Q2MX9KA41PDHN80', ' 7q2m x9ka 4lpd hn8o ', '7q2m-x9ka-4Ipd-hn8O']) expect(codes.hashOf(id(1), same)).toEqual(hash);
  expect(codes.hashOf(id(1), '7q2m-x9ka-41pd-hn81')).not.toEqual(hash);
  expect(codes.hashOf(id(2), '7q2m-x9ka-41pd-hn80')).not.toEqual(hash);
  expect(new RecoveryCodes(Buffer.alloc(32, 2)).hashOf(id(1), '7q2m-x9ka-41pd-hn80')).not.toEqual(hash);
});
