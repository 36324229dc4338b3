import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnv, writeEnv } from './env-file.ts';
import { developmentFile, readLayers } from './environment.ts';
import { DataFolder } from './project.ts';

describe('an environment file', () => {
  it('reads what it wrote', () => {
    const settings = { NATS_URL: 'nats://mela:s3cret@127.0.0.1:4222', CORS_ORIGINS: 'https://a.example,https://b.example', NOTE: 'two words #1 $HOME' };
    expect(readEnv(writeEnv(settings, 'for a test'))).toEqual(settings);
  });

  it('takes an empty value for none', () => {
    expect(readEnv('NATS_URL=\nLOG_LEVEL=debug\n')).toEqual({ LOG_LEVEL: 'debug' });
  });

  it('refuses what a line cannot hold', () => {
    expect(() => writeEnv({ KEY: 'two\nlines' }, 'for a test')).toThrow('line break');
  });
});

describe('the settings of a command', () => {
  let folder: DataFolder;
  beforeEach(async () => {
    folder = new DataFolder(await mkdtemp(join(tmpdir(), 'mela-cli-')), '/');
    await folder.write(developmentFile, 'LOG_LEVEL=warn\nNATS_URL=nats://noted:4222\nREDIS_URL=redis://noted\n');
  });
  const at = (env: NodeJS.ProcessEnv) => ({ env, cwd: folder.path });
  afterEach(() => rm(folder.path, { recursive: true }));

  it('come from the flag before the environment, and from there before the files', async () => {
    await writeFile(folder.file('.env'), 'NATS_URL=nats://filed:4222\nAPI_PORT=9000\n');
    const { all } = await readLayers(at({ LOG_LEVEL: 'error', NATS_URL: 'nats://mine:4222' }), ['LOG_LEVEL=debug'], folder);
    expect(all).toMatchObject({ LOG_LEVEL: 'debug', NATS_URL: 'nats://mine:4222', API_PORT: '9000', REDIS_URL: 'redis://noted' });
  });

  it('are not taken from a development instance in production', async () => {
    const { all } = await readLayers(at({ MELA_ENV: 'production' }), [], folder);
    expect(all['NATS_URL']).toBeUndefined();
  });

  it('take an empty variable for none', async () => {
    const { all } = await readLayers(at({ NATS_URL: '' }), [], folder);
    expect(all['NATS_URL']).toBe('nats://noted:4222');
  });
});
