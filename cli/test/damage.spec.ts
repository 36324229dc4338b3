import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSeeded } from '../src/demo/seed.ts';
import { explain } from '../src/fault.ts';
import { mela } from '../src/mela.ts';
import { DataFolder } from '../src/project.ts';
import { Secrets } from '../src/secrets.ts';
import { livingState } from '../src/state.ts';
import { PaperTerminal } from './paper-terminal.ts';

let folder: DataFolder;
beforeEach(async () => void (folder = new DataFolder(await mkdtemp(join(tmpdir(), 'mela-damage-')), '/')));
afterEach(() => rm(folder.path, { recursive: true, force: true }));

const faultOf = (work: Promise<unknown>) => work.then(() => undefined, (thrown: unknown) => explain(thrown).toJSON());

const kept = [
  { name: 'state.json', code: 'state.unreadable', read: () => livingState(folder) },
  { name: 'demo.json', code: 'demo.unreadable', read: () => readSeeded(folder) },
  { name: 'secrets.json', code: 'secrets.unreadable', read: () => Secrets.open(folder) },
];

describe('a damaged data folder', () => {
  it.each(kept.flatMap((file) => ['', '{', 'null', '7', '{"addresses":null,"communities":7}'].map((content) => ({ ...file, content }))))('$name with $content is a fault that names it and says what to do', async ({ name, code, read, content }) => {
    await writeFile(folder.file(name), content);
    expect(await faultOf(read())).toEqual({ code, message: `${folder.file(name)} is damaged.`, hint: expect.stringMatching(/^(Restore|Remove)/) });
  });

  it.each(['', '/below'])('that is a file%s is a fault', async (below) => {
    const file = folder.file('plain');
    await writeFile(file, '');
    const terminal = new PaperTerminal();
    for (const command of ['up', 'up --ephemeral']) expect(await mela([...command.split(' '), '--json', '--data', file + below], terminal)).toBe(1);
    for (const line of terminal.stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ code: 'folder.unfit', message: `${file}${below} is no folder.` });
  });
});
