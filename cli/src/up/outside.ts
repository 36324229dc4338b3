import type { Environment } from '@mela/chassis';

interface Outside {
  readonly settings: Readonly<Record<string, string>>;
  readonly addresses: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What development says where nobody else does. */
const unlessChosen = { MAIL_FROM: 'Mela <mela@mela.example>', WEB_URL: 'http://localhost:3000' };

/** For checking what was chosen, before there is an outside. */
export const standIns: Environment = { ...unlessChosen, SMTP_URL: 'smtp://localhost' };

/** The world outside: whatever of it nobody named is the sandbox's. */
export async function openOutside(chosen: Environment, mailboxPort: number): Promise<Outside> {
  if (chosen['SMTP_URL'] !== undefined) return { settings: unlessChosen, addresses: {}, stop: () => Promise.resolve() };
  // Loaded here alone: nothing of it is in a process that runs in production.
  const { openSandbox } = await import('@mela/sandbox');
  const sandbox = await openSandbox({ env: chosen, port: mailboxPort });
  return { settings: { ...unlessChosen, ...sandbox.settings }, addresses: { mailbox: sandbox.address }, stop: () => sandbox.stop() };
}
