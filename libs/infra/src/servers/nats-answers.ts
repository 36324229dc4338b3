import { connect, type NatsConnection } from '@nats-io/transport-node';
import { addresses, decoded, type Answer } from '../answers.ts';

export async function natsAnswers(url: string, within: number): Promise<Answer> {
  const access = natsAccess(url);
  // Each of Mela's users reads an inbox of their own, and no other (`inboxOf` in the bus).
  const inbox = access.user === undefined ? {} : { inboxPrefix: `_INBOX_${access.user.replace(/[^A-Za-z0-9]/g, '_')}` };
  const connection = await connect({ ...access, ...inbox, timeout: within, reconnect: false, maxReconnectAttempts: 0, name: 'mela' });
  try {
    await needJetStream(connection, within);
    return { version: connection.info?.version ?? 'unknown' };
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** NATS clients for JavaScript take the credentials apart from the address. */
export function natsAccess(url: string): { servers: string[]; user?: string; pass?: string; token?: string; tls?: object } {
  const all = addresses(url).map((address) => new URL(address));
  const { protocol, username, password } = all[0] ?? new URL(url);
  const [user, pass] = [decoded(username), decoded(password)];
  const credentials = user === '' ? {} : pass === '' ? { token: user } : { user, pass };
  return { servers: all.map(({ host }) => host), ...credentials, ...(protocol === 'tls:' ? { tls: {} } : {}) };
}

async function needJetStream(connection: NatsConnection, within: number): Promise<void> {
  if (connection.info?.jetstream !== true) throw new Error('JetStream is off: start the server with JetStream enabled (nats-server -js)');
  const answer = await connection.request('$JS.API.INFO', undefined, { timeout: within }).then(
    (message) => message.json<{ error?: { description?: string } }>(),
    (fault: Error) => ({ error: { description: fault.message } }),
  );
  if (answer.error !== undefined) throw new Error(`JetStream is not available to this user: ${answer.error.description ?? 'no reason given'}`);
}
