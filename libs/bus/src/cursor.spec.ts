import { expect, it } from 'vitest';
import { Cursors } from './cursor.ts';

const cursors = new Cursors('a secret of some length, for a test');

it('opens what it signed', () => {
  expect(cursors.open(cursors.sign({ epoch: 'e7', seq: 18_231 }))).toEqual({ epoch: 'e7', seq: 18_231 });
});

it('opens nothing that was altered, or signed by somebody else', () => {
  const cursor = cursors.sign({ epoch: 'e7', seq: 18_231 });
  expect(cursors.open(cursor.replace('18231', '1'))).toBeUndefined();
  expect(new Cursors('another secret of some length, too').open(cursor)).toBeUndefined();
  for (const text of ['', 'e7:1', `${cursor}x`, 'e7:1:', ':::']) expect(cursors.open(text)).toBeUndefined();
});
