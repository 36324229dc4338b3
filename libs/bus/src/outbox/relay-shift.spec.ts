import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { OutboxRow, SentRow } from './chains.ts';
import type { Settle } from './publisher.ts';
import type { RelaySession } from './relay-session.ts';
import { RelayShift, type ShiftParts } from './relay-shift.ts';
import { Wakeable } from './wakeable.ts';

const row = (version: number) => ({ id: String(version), aggregate_id: 'a', aggregate_version: version, subject: 'evt.plant.grew.0', shard: 0 }) as OutboxRow;

/** A database that gives one event of one aggregate at each look while there are some, and a stream that takes each after a moment. */
function groundOf(many: number) {
  const done: string[] = [];
  const waiting = Array.from({ length: many }, (_, place) => row(place + 1));
  const sentAtLook: string[][] = [];
  const wakeable = new Wakeable();
  let seq = 0;
  const session = {
    shards: [0], broken: undefined,
    pending: async ({ busy, sent }: { busy: readonly string[]; sent: ReadonlySet<string> }) => {
      sentAtLook.push([...sent]);
      await pause(1);
      return busy.length > 0 ? [] : waiting.splice(0, 1);
    },
    move: async (rows: readonly SentRow[]) => {
      done.push(...rows.map((one) => `${one.row.id} is moved`));
      await pause(1);
    },
  } as unknown as RelaySession;
  const parts = {
    publisher: { inFlight: 0, connected: true }, checkpoint: { open: true, epoch: 'one' }, wakeable,
    housekeeping: { begin() {}, tidy: async () => {}, isLate: false }, metrics: { published: { inc() {} } },
    sending: {
      complain() {},
      send: (one: OutboxRow, settle: Settle) => {
        done.push(`${one.id} is sent`);
        if (ground.failing) setTimeout(() => (done.push(`${one.id} failed`), settle(undefined, new Error('full'))), 1);
        else setTimeout(() => settle({ seq: ++seq, duplicate: false }), 1);
      },
    },
  } as unknown as ShiftParts;
  const ground = { shift: new RelayShift(session, parts), session, parts, wakeable, done, sentAtLook, failing: false };
  return ground;
}

/** For as long as it takes to see so much done, with news all the while. */
async function worked({ shift, wakeable, done }: ReturnType<typeof groundOf>, until: (done: readonly string[]) => boolean): Promise<void> {
  let isOver = false;
  const working = shift.work(() => isOver);
  while (!until(done)) {
    wakeable.wake();
    await pause(1);
  }
  isOver = true;
  wakeable.wake();
  await working;
}

describe('while there is news', () => {
  it('the next event of an aggregate goes before the row of the one before it leaves the outbox, and none is read twice', async () => {
    const ground = groundOf(3);
    await worked(ground, (done) => done.includes('3 is sent'));
    expect(ground.done.filter((one) => one.endsWith('sent'))).toEqual(['1 is sent', '2 is sent', '3 is sent']);
    expect(ground.done.indexOf('2 is sent')).toBeLessThan(ground.done.indexOf('1 is moved'));
    expect(ground.sentAtLook).toContainEqual(['1']);
  });

  it('rows leave the outbox all the same, each once', async () => {
    const ground = groundOf(250);
    await worked(ground, (done) => done.filter((one) => one.endsWith('moved')).length >= 150);
    const moved = ground.done.filter((one) => one.endsWith('moved'));
    expect(new Set(moved).size).toBe(moved.length);
  });
});

describe('what is told to it by whoever wrote it', () => {
  async function rested(ground: ReturnType<typeof groundOf>, work: () => Promise<void>): Promise<void> {
    let isOver = false;
    const working = ground.shift.work(() => isOver);
    // It has looked, and found nothing.
    await vi.waitUntil(() => ground.sentAtLook.length > 1, { interval: 1 });
    await work();
    isOver = true;
    ground.wakeable.wake();
    await working;
  }

  it('is sent at once, in its order, without a look, and leaves the outbox when it is quiet', async () => {
    const ground = groundOf(0);
    await rested(ground, async () => {
      expect(ground.shift.take([row(1), row(2)])).toBe(true);
      expect(ground.done).toEqual(['1 is sent']);
      await vi.waitUntil(() => ground.done.includes('2 is moved'), { interval: 1 });
      expect(ground.done).toEqual(['1 is sent', '2 is sent', '1 is moved', '2 is moved']);
    });
  });

  it('keeps nobody from looking for what nobody tells of', async () => {
    const ground = groundOf(0);
    await rested(ground, async () => {
      const looks = ground.sentAtLook.length;
      for (let version = 1; version <= 120; version++) {
        ground.shift.take([row(version)]);
        await pause(5);
      }
      expect(ground.sentAtLook.length).toBeGreaterThan(looks + 1);
    });
  });

  it('is looked for where it failed while a look was under way', async () => {
    const ground = groundOf(0);
    await rested(ground, async () => {
      const [looking, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const { pending } = ground.session;
      ground.session.pending = async () => {
        ground.session.pending = pending;
        looking.resolve();
        await goOn.promise;
        return [];
      };
      ground.wakeable.wake();
      await looking.promise;
      ground.failing = true;
      expect(ground.shift.take([row(1)])).toBe(true);
      await vi.waitUntil(() => ground.done.includes('1 failed'), { interval: 1 });
      ground.failing = false;
      const looks = ground.sentAtLook.length;
      goOn.resolve();
      await vi.waitUntil(() => ground.sentAtLook.length > looks, { interval: 1 });
      expect(ground.shift.take([row(2)])).toBe(false);
    });
  });

  it('is looked for where it is not known what comes before it, or another relay carries its shard', async () => {
    const ground = groundOf(0);
    await rested(ground, async () => {
      expect(ground.shift.take([row(2)])).toBe(false);
      expect(ground.shift.take([{ ...row(1), shard: 7 }])).toBe(false);
      expect(ground.done).toEqual([]);
    });
  });

  it('is refused before the first look, while the stream is not checked, without NATS, and without the database', async () => {
    const ground = groundOf(0);
    expect(ground.shift.take([row(1)])).toBe(false);
    await rested(ground, async () => {
      for (const [part, name, value] of [[ground.parts.checkpoint, 'open', false], [ground.parts.publisher, 'connected', false], [ground.session, 'broken', new Error('gone')]] as const) {
        const before = (part as never)[name];
        Object.assign(part, { [name]: value });
        expect(ground.shift.take([row(1)])).toBe(false);
        Object.assign(part, { [name]: before });
      }
      expect(ground.shift.take([row(1)])).toBe(true);
    });
    expect(ground.shift.take([row(2)])).toBe(false);
  });
});
