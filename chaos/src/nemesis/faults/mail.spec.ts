import { openSandbox, type Sandbox } from '@mela/sandbox';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ground } from '../../ground/ground.ts';
import { named, strike } from './ground.fixture.ts';
import { groundOf } from './living-role.fixture.ts';
import { mailFaults } from './mail.ts';

let sandbox: Sandbox;
let ground: Ground;
beforeEach(async () => {
  sandbox = await openSandbox({ env: {} });
  ground = { ...groundOf([]), smtp: sandbox.smtp };
});
afterEach(() => sandbox.stop());

/** What becomes of a mail: whether the server says that it took it, and whether it did. */
async function send(): Promise<{ readonly told: string; readonly taken: number }> {
  const before = sandbox.mailbox.list().length;
  const transport = createTransport(sandbox.smtp.url);
  const told = await transport.sendMail({ from: 'mela@mela.example', to: 'asha@example.org', text: 'Hello' }).then(() => 'taken', (fault: { responseCode?: number }) => String(fault.responseCode ?? 'nothing'));
  transport.close();
  return { told, taken: sandbox.mailbox.list().length - before };
}

it.each([
  ['mail server away', { told: 'nothing', taken: 0 }],
  ['mail server busy', { told: '451', taken: 0 }],
  ['mail server breaks off', { told: 'nothing', taken: 1 }],
  ['mail server forgets', { told: 'nothing', taken: 0 }],
  ['mail server slow', { told: 'taken', taken: 1 }],
])('%s, and is well again when it is healed', async (name, meanwhile) => {
  const harm = await strike(ground, named(mailFaults, name));
  expect(await send()).toEqual(meanwhile);
  await harm.heal();
  expect(await send()).toEqual({ told: 'taken', taken: 1 });
});
