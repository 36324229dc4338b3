import type { Environment } from '@mela/chassis';

interface Outside {
  readonly settings: Readonly<Record<string, string>>;
  readonly addresses: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

interface OutsidePorts {
  readonly mailbox: number;
  readonly oidc: number;
}

/** What development says where nobody else does. */
const unlessChosen = { MAIL_FROM: 'Mela <mela@mela.example>' };
/** Where whoever writes a web app usually has it: signing in with the provider ends there. */
const WEB_APP = 'http://localhost:3000';

/** For checking what was chosen, before there is an outside. */
export const standIns: Environment = { ...unlessChosen, SMTP_URL: 'smtp://localhost', WEB_URL: WEB_APP };

/** The world outside: whatever of it nobody named is the sandbox's. */
export async function openOutside(chosen: Environment, ports: OutsidePorts): Promise<Outside> {
  const opened: Outside[] = [];
  const stop = async () => {
    for (const one of opened.toReversed()) await one.stop();
  };
  try {
    if (chosen['SMTP_URL'] === undefined) opened.push(await openMail(chosen, ports.mailbox));
    if (chosen['IDENTITY_OIDC'] === undefined) opened.push(await openOidc(chosen, ports.oidc));
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { settings: Object.assign({}, unlessChosen, ...opened.map(({ settings }) => settings)), addresses: Object.assign({}, ...opened.map(({ addresses }) => addresses)), stop };
}

// Loaded here alone: nothing of it is in a process that runs in production.
const sandbox = () => import('@mela/sandbox');

async function openMail(chosen: Environment, port: number): Promise<Outside> {
  const { settings, address, stop } = await (await sandbox()).openSandbox({ env: chosen, port });
  return { settings, addresses: { mailbox: address }, stop };
}

async function openOidc(chosen: Environment, port: number): Promise<Outside> {
  const redirectUris = [new URL('/signed-in', chosen['WEB_URL'] ?? WEB_APP).href];
  const { settings, address, stop } = await (await sandbox()).openOidcSandbox({ env: chosen, port, redirectUris });
  return { settings, addresses: { oidc: address }, stop };
}
