import { expect, it } from 'vitest';
import { chaos } from './chaos-command.ts';

// Always the same choices: a longer run with a seed of its own is for `npm run chaos`.
it.each(['separate', 'all'])('nothing is lost, doubled or answered falsely while everything is broken (%s)', async (roles) => {
  const { passed, report } = await chaos('--minutes', '0.4', '--seed', 'npm test', '--roles', roles);
  expect(passed, report).toBe(true);
}, 180_000);
