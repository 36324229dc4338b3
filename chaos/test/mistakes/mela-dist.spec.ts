import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** As a role loads a mistake: what it says of its own accord, if it says anything. */
const planted = (text: string): string => {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], { cwd: import.meta.dirname, encoding: 'utf8' });
  return stderr;
};
const helped = "import { detour, outside, replace } from './mela-dist.mjs'; class Tx { query() {} }";

it('a mistake that does not take root says so, as soon as it is loaded', () => {
  expect(planted(`${helped} replace(Tx, 'inquire', (inquire) => inquire);`)).toContain('did not take root: Tx has no method "inquire"');
  expect(planted(`${helped} detour(Tx, ['@mela/bus', 'outbox/outbox.js'], 'INSERT INTO outbocks', outside);`)).toContain('did not take root: outbox/outbox.js of @mela/bus has no statement');
  expect(planted(`${helped} detour(Tx, ['@mela/bus', 'outbox/inbox.js'], 'INSERT INTO outbox', outside);`)).toContain('ENOENT');
});

it.each(['no-inbox', 'outbox-outside-the-transaction', 'delete-before-acknowledgement', 'acknowledgement-before-commit', 'idempotency-outside-the-transaction', 'mail-settled-before-it-is-sent'])('%s takes root', (mistake) => {
  expect(planted(`await import(${JSON.stringify(join(import.meta.dirname, `${mistake}.mjs`))});`)).toBe('');
});
