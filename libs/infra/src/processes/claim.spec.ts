import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../spec/ground.ts';
import { claim, holderOf } from './claim.ts';

const file = async () => join(await dataFolder(), 'owner');

describe('a claim', () => {
  it('is held by one at a time, then by the next', async () => {
    const path = await file();
    const first = await claim(path);
    expect(await claim(path)).toMatchObject({ heldBy: { pid: process.pid } });
    expect(await holderOf(path)).toMatchObject({ pid: process.pid });
    if ('release' in first) await first.release();
    expect(await claim(path)).toHaveProperty('release');
  });

  it.each([
    { what: 'of a process that is gone', content: JSON.stringify({ pid: 2_147_483_646, began: 'long ago' }) },
    { what: 'of another process that had our pid', content: JSON.stringify({ pid: process.pid, began: 'long ago' }) },
    { what: 'that is not readable', content: '{' },
  ])('$what counts for nothing', async ({ content }) => {
    const path = await file();
    await writeFile(`${path}.7`, content);
    expect(await claim(path)).toHaveProperty('release');
  });

  it('goes to exactly one of many who find a dead one at the same moment', async () => {
    const path = await file();
    await writeFile(`${path}.7`, JSON.stringify({ pid: 2_147_483_646, began: 'long ago' }));
    const claims = await Promise.all(Array.from({ length: 40 }, () => claim(path)));
    expect(claims.filter((one) => 'release' in one)).toHaveLength(1);
    expect(await readdir(join(path, '..'))).toEqual(['owner.8']);
  });
});
