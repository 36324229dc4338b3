import { expect, it } from 'vitest';
import { createLog } from '../process/log.ts';
import { Housekeeping, type Tidies } from './housekeeping.ts';

const statements: string[] = [];
const db = (fault?: Error) => ({ query: async (text: string) => (statements.push(text), fault ? Promise.reject(fault) : []) }) as never;
const lines: { msg: string; reason?: string }[] = [];
const log = createLog('warn', { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string }) });

it('what a service has to forget is forgotten with the rest, and nothing that fails keeps the others from it', async () => {
  const done: string[] = [];
  const broken: Tidies = { tidy: () => Promise.reject(new Error('not today')) };
  const sound: Tidies = { tidy: async () => void done.push('sound') };
  await new Housekeeping(db(new Error('away')), log, [broken, sound]).tidy();
  expect(done).toEqual(['sound']);
  expect(lines.map(({ reason }) => reason)).toEqual(['Error: away', 'Error: not today']);
  await new Housekeeping(db(), log).tidy();
  expect(statements.every((text) => text.startsWith('DELETE FROM idempotency'))).toBe(true);
  expect(lines).toHaveLength(2);
});
