import { describe, expect, it } from 'vitest';
import type { OutboxRow } from './chains.ts';
import { LatelySent } from './lately-sent.ts';

const row = (id: string): OutboxRow => ({ shard: 3, id, event_id: `event ${id}` }) as OutboxRow;

describe('what was sent of late', () => {
  it('is each row for as long as its leaving may not have reached the disk, however long nothing more is sent', () => {
    const lately = new LatelySent();
    lately.sent(row('1'), 0);
    lately.sent(row('2'), 2_000);
    lately.sent(row('1'), 2_500);
    expect(lately.rows).toEqual(['2', '1']);
    lately.sent(row('3'), 5_200);
    expect(lately.rows).toEqual(['1', '3']);
  });

  it('ends where the last was stored, in whatever order it is said, and begins anew with another stream', () => {
    const lately = new LatelySent();
    lately.acknowledged(row('1'), 12, 'one');
    lately.acknowledged(row('2'), 11, 'one');
    expect(lately.last).toEqual({ shard: 3, seq: 12, eventId: 'event 1', epoch: 'one' });
    lately.acknowledged(row('3'), 1, 'two');
    expect(lately.last).toEqual({ shard: 3, seq: 1, eventId: 'event 3', epoch: 'two' });
    lately.forget();
    expect([lately.last, lately.rows]).toEqual([undefined, []]);
  });
});
