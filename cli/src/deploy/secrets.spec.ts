import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PaperTerminal } from '../../test/paper-terminal.ts';
import { readEnv } from '../env-file.ts';
import { mela } from '../mela.ts';
import { allTargets } from '../targets.ts';
import { stackSecrets } from './stack-secrets.ts';

describe('mela deploy secrets', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mela-deploy-'));
    file = join(folder, '.env');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function make(...words: string[]): Promise<string> {
    const terminal = new PaperTerminal();
    expect(await mela(['deploy', 'secrets', '--file', file, ...words], terminal)).toBe(0);
    return terminal.stdout;
  }

  it('makes each of them, for this user’s eyes, and shows none', async () => {
    const said = await make();
    const made = readEnv(await readFile(file, 'utf8'));
    expect(Object.keys(made).sort()).toEqual([...stackSecrets(allTargets)].sort());
    for (const secret of Object.values(made)) {
      expect(secret).toMatch(/^[0-9a-f]{64}$/);
      expect(said).not.toContain(secret);
    }
    expect(new Set(Object.values(made)).size).toBe(stackSecrets(allTargets).length);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('keeps what is there to the letter, and adds what a new service needs', async () => {
    const before = '# mine\nSTACK_CURSOR_SECRET=kept-as-it-is\nSTACK_HOST=0.0.0.0\nSTACK_API_NATS_PASSWORD=';
    await writeFile(file, before);
    const { made } = JSON.parse(await make('--json')) as { made: string[] };
    expect(made).not.toContain('STACK_CURSOR_SECRET');
    expect(made).toContain('STACK_API_NATS_PASSWORD');
    const after = await readFile(file, 'utf8');
    expect(after.startsWith(`${before}\n`)).toBe(true);
    expect(readEnv(after)).toMatchObject({ STACK_CURSOR_SECRET: 'kept-as-it-is', STACK_HOST: '0.0.0.0', STACK_API_NATS_PASSWORD: expect.stringMatching(/^[0-9a-f]{64}$/) });

    expect(await make()).toContain('has every secret');
    expect(await readFile(file, 'utf8')).toBe(after);
  });
});
