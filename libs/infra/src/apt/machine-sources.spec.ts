import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../spec/ground.ts';
import { machineSources, stanza } from './machine-sources.ts';

async function machineWith(files: Record<string, string>): Promise<string> {
  const folder = await dataFolder();
  await mkdir(join(folder, 'sources.list.d'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const bookworm = { id: 'debian', codename: 'bookworm' };

describe("the machine's own archives", () => {
  it('are read from lines, with their keys', async () => {
    const folder = await machineWith({
      'sources.list': '# deb http://old.debian.org/debian bookworm main\ndeb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib # mine\ndeb-src http://mirror.example/debian bookworm main\n',
    });
    expect(await machineSources(bookworm, folder)).toEqual([
      { uris: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'], trust: ['Signed-By: /keys/debian.gpg'] },
    ]);
  });

  it('are read from stanzas, with a key in their midst', async () => {
    const folder = await machineWith({
      'sources.list.d/debian.sources': 'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates bookworm-backports\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n\nTypes: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n',
    });
    const [source, ...others] = await machineSources(bookworm, folder);
    expect(others).toEqual([]);
    expect(source).toMatchObject({ uris: 'http://mirror.example/debian', suites: ['bookworm', 'bookworm-updates'], components: ['main'] });
    expect(stanza(source!)).toContain('Signed-By: -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc');
  });

  it("are told from other people's", async () => {
    const folder = await machineWith({
      'sources.list.d/docker.list': 'deb https://docker.example/linux/debian bookworm stable\n',
      'sources.list.d/redis.list': 'deb https://redis.example/deb bookworm main\n',
      'sources.list.d/zz.list': 'deb http://mirror.example/debian-security bookworm-security main\ndeb http://mirror.example/debian bookworm main\n',
    });
    const uris = (await machineSources(bookworm, folder)).map((source) => source.uris);
    expect(uris).toEqual(['http://mirror.example/debian', 'http://mirror.example/debian-security']);
  });

  it('may be a mirror that does not say whose it is', async () => {
    const folder = await machineWith({ 'sources.list': 'deb http://mirror.example/apt bookworm main\n' });
    expect(await machineSources(bookworm, folder)).toHaveLength(1);
  });
});
