import { beforeEach, describe, expect, it } from 'vitest';
import { Chains, type OutboxRow } from './chains.ts';
import type { Stored } from './publisher.ts';

let chains: Chains;
let air: Map<string, (stored: Stored | undefined, fault?: Error) => void>;
let failures: string[];
let seq = 0;

beforeEach(() => {
  air = new Map();
  failures = [];
  chains = new Chains((row, settle) => air.set(row.id, settle), {
    acknowledged: () => undefined,
    failed: (row, _fault, attempts) => failures.push(`${row.id} ${attempts}`),
  });
});

const row = (aggregate: string, version: number) => ({ id: `${aggregate}${version}`, aggregate_id: aggregate, aggregate_version: version, subject: 'evt.plant.grew.0', shard: 0 }) as OutboxRow;
const acknowledge = (id: string) => {
  const settle = air.get(id)!;
  air.delete(id);
  settle({ seq: ++seq, duplicate: false });
};
const fail = (id: string) => {
  const settle = air.get(id)!;
  air.delete(id);
  settle(undefined, new Error('lost'));
};
const inAir = () => [...air.keys()];

describe('rows that go out', () => {
  it('have one version of each aggregate in flight', () => {
    chains.launch([row('a', 1), row('b', 1), row('a', 2), row('a', 3)]);
    expect(inAir()).toEqual(['a1', 'b1']);
    acknowledge('a1');
    expect(inAir()).toEqual(['b1', 'a2']);
  });

  it('wait behind one that was not acknowledged, and let other aggregates pass', () => {
    chains.launch([row('a', 1), row('b', 1), row('a', 2), row('b', 2)]);
    fail('a1');
    acknowledge('b1');
    expect(inAir()).toEqual(['b2']);
    expect(chains.busy()).toEqual(['a', 'b']);
    expect(failures).toEqual(['a1 1']);
  });

  it('are read anew once the aggregate has calmed down', () => {
    chains.launch([row('a', 1), row('a', 2)]);
    fail('a1');
    expect(chains.busy(performance.now() + 50)).toEqual(['a']);
    expect(chains.busy(performance.now() + 150)).toEqual([]);
    expect(chains.load).toBe(0);
    chains.launch([row('a', 1), row('a', 2)]);
    fail('a1');
    expect(failures).toEqual(['a1 1', 'a1 2']);
    expect(chains.busy(performance.now() + 150)).toEqual(['a']);
  });

  it('are known as sent until they have left the outbox, and keep nothing back that comes after them', () => {
    chains.launch([row('a', 1)]);
    expect([chains.busy(), [...chains.sent]]).toEqual([['a'], []]);
    acknowledge('a1');
    expect([chains.busy(), [...chains.sent]]).toEqual([[], ['a1']]);
    chains.launch([row('a', 2)]);
    expect(inAir()).toEqual(['a2']);
    const taken = chains.takeAcknowledged();
    expect(taken.map((sent) => sent.row.id)).toEqual(['a1']);
    expect([[...chains.sent], chains.load]).toEqual([['a1'], 2]);
    chains.moved(taken);
    expect([chains.busy(), [...chains.sent], chains.load]).toEqual([['a'], [], 1]);
  });

  it('do not fill the window with one aggregate', () => {
    chains.launch(Array.from({ length: 2_000 }, (_, i) => row('a', i + 1)));
    expect(chains.load).toBe(250);
  });

  it('stop when the locks are gone', () => {
    chains.launch([row('a', 1), row('a', 2)]);
    chains.abandon();
    acknowledge('a1');
    expect(inAir()).toEqual([]);
    expect(chains.hasAcknowledged).toBe(false);
  });

  it('end with what is in flight when the relay stops', () => {
    chains.launch([row('a', 1), row('a', 2)]);
    chains.close();
    acknowledge('a1');
    expect(inAir()).toEqual([]);
    expect(chains.load).toBe(1);
  });
});

describe('a row that nobody looked for', () => {
  const follow = (...rows: readonly OutboxRow[]) => rows.map((one) => chains.follow(one));

  it('goes where it is the first, and behind the one before it', () => {
    expect(follow(row('a', 1), row('a', 2), row('b', 1))).toEqual([true, true, true]);
    expect(inAir()).toEqual(['a1', 'b1']);
    acknowledge('a1');
    expect(inAir()).toEqual(['b1', 'a2']);
    acknowledge('a2');
    expect(chains.follow(row('a', 3))).toBe(true);
    expect(inAir()).toEqual(['b1', 'a3']);
  });

  it('goes behind what was found by a look', () => {
    chains.launch([row('a', 6), row('a', 7)]);
    expect(follow(row('a', 8))).toEqual([true]);
    acknowledge('a6');
    acknowledge('a7');
    expect(inAir()).toEqual(['a8']);
  });

  it('has to be looked for where one may be missing before it', () => {
    expect(follow(row('a', 2), row('b', 7))).toEqual([false, false]);
    chains.launch([row('a', 1)]);
    expect(follow(row('a', 3))).toEqual([false]);
    expect(inAir()).toEqual(['a1']);
  });

  it('is not taken again after one that was refused, until a look has found it: two may be of one version', () => {
    const twin = { ...row('a', 1), id: 'a1, too' };
    expect(follow(row('a', 1), twin, { ...twin, id: 'a third' }, row('a', 2))).toEqual([true, false, false, false]);
    acknowledge('a1');
    expect(inAir()).toEqual([]);
    chains.launch([twin, row('a', 2)]);
    expect(follow(row('a', 3))).toEqual([true]);
    expect(inAir()).toEqual(['a1, too']);
  });

  it('is not taken behind one that was not acknowledged', () => {
    chains.launch([row('a', 1), row('a', 2)]);
    fail('a1');
    expect(follow(row('a', 3))).toEqual([false]);
    expect(chains.busy(performance.now() + 150)).toEqual([]);
    expect(follow(row('a', 4))).toEqual([false]);
    chains.launch([row('a', 1), row('a', 2), row('a', 3), row('a', 4)]);
    expect([inAir(), chains.load]).toEqual([['a1'], 4]);
  });

  it('is sent once, also where a look finds it while it is on its way, or when it is there', () => {
    expect(follow(row('a', 1))).toEqual([true]);
    chains.launch([row('a', 1), row('a', 2)]);
    acknowledge('a1');
    chains.launch([row('a', 1), row('a', 2), row('a', 3)]);
    acknowledge('a2');
    acknowledge('a3');
    expect(chains.takeAcknowledged().map((sent) => sent.row.id)).toEqual(['a1', 'a2', 'a3']);
    expect([inAir(), chains.load]).toEqual([[], 3]);
  });

  it('is found by a look again where it was not acknowledged', () => {
    expect(follow(row('a', 1))).toEqual([true]);
    fail('a1');
    chains.busy(performance.now() + 150);
    chains.launch([row('a', 1)]);
    expect(inAir()).toEqual(['a1']);
  });

  it('is read anew where a look found it after it had failed', () => {
    expect(follow(row('a', 1))).toEqual([true]);
    fail('a1');
    // Of a look that began before.
    expect(chains.launch([row('a', 1)])).toBe(false);
    expect(chains.busy(performance.now() + 150)).toEqual([]);
    expect(follow(row('a', 2))).toEqual([false]);
    chains.launch([row('a', 1), row('a', 2)]);
    expect([inAir(), chains.load]).toEqual([['a1'], 2]);
  });

  it('follows those of its noun: two may have one id', () => {
    const profile = (version: number) => ({ ...row('a', version), id: `profile ${version}`, subject: 'evt.profile.changed.0' });
    expect(follow(row('a', 1))).toEqual([true]);
    expect(follow(profile(2))).toEqual([false]);
    chains.launch([profile(1), profile(2)]);
    expect(follow(profile(3), row('a', 2))).toEqual([true, true]);
    for (const id of ['a1', 'profile 1', 'profile 2', 'profile 3', 'a2']) acknowledge(id);
    expect(chains.takeAcknowledged()).toHaveLength(5);
  });

  it('does not fill the window with one aggregate', () => {
    const taken = follow(...Array.from({ length: 300 }, (_, i) => row('a', i + 1)));
    expect([taken.filter(Boolean).length, taken.lastIndexOf(true), chains.load]).toEqual([251, 250, 251]);
  });

  it('has to be looked for where what was launched may have been put back', () => {
    expect(follow(row('a', 1), row('b', 1))).toEqual([true, true]);
    chains.forget();
    expect(follow(row('a', 2))).toEqual([false]);
    chains.launch([row('b', 2)]);
    expect(follow(row('b', 3))).toEqual([true]);
  });

  it('is left to others when the relay stops, or its locks are gone', () => {
    chains.close();
    expect(follow(row('a', 1))).toEqual([false]);
    const others = new Chains(() => undefined, { acknowledged: () => undefined, failed: () => undefined });
    others.abandon();
    expect(others.follow(row('a', 1))).toBe(false);
  });
});
