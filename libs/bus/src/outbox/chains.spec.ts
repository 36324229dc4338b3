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

const row = (aggregate: string, version: number) => ({ id: `${aggregate}${version}`, aggregate_id: aggregate, shard: 0 }) as OutboxRow;
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
