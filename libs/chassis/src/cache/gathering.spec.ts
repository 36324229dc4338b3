import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Gathering } from './gathering.ts';

/** Looks that end when they are told to. */
function slow() {
  const looks: { keys: readonly string[]; end: (items: readonly string[]) => void; fail: (fault: Error) => void }[] = [];
  const gathering = new Gathering<string>((keys) => new Promise((resolve, reject) => looks.push({ keys, end: resolve, fail: reject })));
  return { looks, gathering };
}

describe('a gathering', () => {
  it('looks once for the first and once for all who came meanwhile', async () => {
    const { looks, gathering } = slow();
    const first = gathering.take(['a']);
    const others = Array.from({ length: 49 }, (_, n) => gathering.take(['a', `b${n % 3}`]));
    expect(looks.map(({ keys }) => keys)).toEqual([['a']]);
    looks[0]!.end(['before']);
    expect(await first).toEqual(['before']);
    expect(looks.map(({ keys }) => keys)).toEqual([['a'], ['a', 'b0', 'b1', 'b2']]);
    looks[1]!.end(['after']);
    expect(new Set((await Promise.all(others)).flat())).toEqual(new Set(['after']));
    expect(looks).toHaveLength(2);
  });

  it('tells those whom it concerns that a look failed, and looks again for the next', async () => {
    const { looks, gathering } = slow();
    const [first, second] = [gathering.take(['a']), gathering.take(['b'])];
    looks[0]!.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    looks[1]!.end(['b']);
    expect(await second).toEqual(['b']);
    const third = gathering.take(['c']);
    looks[2]!.end(['c']);
    expect(await third).toEqual(['c']);
  });

  it('looks in nobody’s name', async () => {
    const name = new AsyncLocalStorage<string>();
    const names: (string | undefined)[] = [];
    const gathering = new Gathering<string>(async (keys) => {
      names.push(name.getStore());
      return keys;
    });
    await Promise.all(['asha', 'ravi'].map((who) => name.run(who, () => gathering.take([who]))));
    expect(names).toEqual([undefined, undefined]);
  });
});
