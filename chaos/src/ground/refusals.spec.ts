import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@mela/chassis';
import { expect, it, onTestFinished } from 'vitest';
import { refusalsIn } from './refusals.ts';

it('a role that was refused a right is found by its log, once for each right', async () => {
  const logs = await mkdtemp(join(tmpdir(), 'mela-refusals-'));
  onTestFinished(() => rm(logs, { recursive: true }));
  let text = '';
  const log = createLog('warn', { write: (line: string) => void (text += line) }).child({ service: 'communities' });
  for (const times of [1, 2]) log.error({ of: 'publish', subject: 'evt.user.registered.0', times }, 'The message bus refuses this');
  log.error({ of: 'connect', subject: 'Authorization Violation', times: 1 }, 'The message bus does not take these credentials any more');
  await writeFile(join(logs, 'communities.log'), text);
  await writeFile(join(logs, 'api.log'), 'Ready\n');
  expect(await refusalsIn(logs)).toEqual([{ invariant: 'rights', what: 'communities was refused to publish evt.user.registered.0', about: [] }]);
});
