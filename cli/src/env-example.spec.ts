import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PaperTerminal } from '../test/paper-terminal.ts';
import { mela } from './mela.ts';
import { projectRoot } from './project.ts';

it('.env.example shows every setting there is: `npx mela doctor --env-example > .env.example`', async () => {
  const terminal = new PaperTerminal();
  await mela(['doctor', '--env-example'], terminal);
  expect(await readFile(join(projectRoot, '.env.example'), 'utf8')).toBe(terminal.stdout);
});
