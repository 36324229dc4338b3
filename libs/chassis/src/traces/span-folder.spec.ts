import { appendFile, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpanFolder } from './span-folder.ts';
import type { StoredSpan } from './stored-span.ts';

let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'mela-spans-'));
  path = join(parent, 'traces');
});
afterEach(() => rm(parent, { recursive: true }));

const span = (trace: string, n = 1): StoredSpan => ({ trace, id: String(n).padStart(16, '0'), step: 'sql', name: 'SELECT', pid: 7, at: n, ms: 1, facts: { text: 'x'.repeat(100) } });
const lines = (...spans: StoredSpan[]) => spans.map((one) => `${JSON.stringify(one)}\n`).join('');
const ids = (spans: readonly StoredSpan[]) => spans.map(({ id }) => Number(id));

describe('the folder of spans', () => {
  it('gives back what several processes appended, or what concerns one trace', async () => {
    const [one, other] = [new SpanFolder(path), new SpanFolder(path)];
    await one.append(lines(span('a', 1), span('b', 2)));
    await other.append(lines(span('a', 3)));
    await one.append(lines(span('a', 4)));
    const reader = new SpanFolder(path);
    expect(ids(await reader.read()).sort()).toEqual([1, 2, 3, 4]);
    expect(ids(await reader.read('"trace":"b"'))).toEqual([2]);
  });

  it('is empty where there is none', async () => {
    expect(await new SpanFolder(path).read()).toEqual([]);
  });

  it('is for its owner’s eyes', async () => {
    await new SpanFolder(path).append(lines(span('a')));
    const [name] = await readdir(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, name!))).mode & 0o777).toBe(0o600);
  });

  it('passes over a line that a crash cut off', async () => {
    const folder = new SpanFolder(path);
    await folder.append(lines(span('a', 1)));
    const [name] = await readdir(path);
    await appendFile(join(path, name!), JSON.stringify(span('a', 2)).slice(0, 40));
    expect(ids(await new SpanFolder(path).read())).toEqual([1]);
  });

  it('stays within its limit: the oldest files go, another process’s too', async () => {
    const limits = { fileBytes: 2_000, folderBytes: 8_000 };
    const quiet = new SpanFolder(path, limits);
    await quiet.append(lines(span('old')));
    const [first] = await readdir(path);
    await utimes(join(path, first!), 1, 1);
    const busy = new SpanFolder(path, limits);
    for (let n = 1; n <= 200; n++) await busy.append(lines(span('new', n)));
    const sizes = await Promise.all((await readdir(path)).map(async (name) => (await stat(join(path, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limits.folderBytes);
    expect(sizes.every((size) => size <= limits.fileBytes)).toBe(true);
    const left = ids(await busy.read());
    expect(left).not.toContain(1);
    expect(left).toContain(200);
    expect(await busy.read('"trace":"old"')).toEqual([]);
  });

  it('goes on when somebody removed it to begin anew', async () => {
    const folder = new SpanFolder(path);
    await folder.append(lines(span('a', 1)));
    await rm(path, { recursive: true });
    await folder.append(lines(span('a', 2)));
    expect(ids(await folder.read())).toEqual([2]);
  });
});
