import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { decodeKeyset, encodeKeyset, pageOfRows, type KeysetPosition } from './keyset.ts';

const at = (n: number): KeysetPosition => [`2026-01-01T00:00:00.00000${n}Z`, id(n)];
const shape = { key: (n: number) => at(n), item: (n: number) => ({ n }) };

it('says where the next page begins, when there is one', () => {
  const page = pageOfRows([3, 2, 1], 2, shape);
  expect(page.items).toEqual([{ n: 3 }, { n: 2 }]);
  expect(decodeKeyset(page.next!)).toEqual(at(2));
  expect(pageOfRows([3, 2], 2, shape).next).toBeNull();
  expect(pageOfRows([], 2, shape)).toEqual({ items: [], next: null });
});

it.each(['', 'x', encodeKeyset(['yesterday', id(1)]), encodeKeyset(['0000-01-01T00:00:00.000000Z', id(1)]), encodeKeyset(['2026-01-01T00:00:00.000001Z', 'me']), Buffer.from('{}').toString('base64url')])('refuses the cursor %j', (cursor) => {
  expect(decodeKeyset(cursor)).toMatchObject({ code: 'request.bad_cursor' });
});
