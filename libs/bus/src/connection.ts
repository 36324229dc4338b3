import { connect, type NatsConnection } from '@nats-io/transport-node';

export interface BusSettings {
  url: string;
  /** Who connects: seen in the server's monitoring and used as the private inbox prefix. */
  name: string;
  tls?: { caFile?: string | undefined } | undefined;
}

/**
 * One connection per service. A server that is not there at boot is a fault; one that goes away later is waited for.
 * The inbox prefix is the service's own: whoever may read `_INBOX.>` could read everybody's replies.
 */
export async function connectBus({ url, name, tls }: BusSettings): Promise<NatsConnection> {
  // The client library ignores credentials inside a URL, and a cluster is several addresses with one pair of them.
  const addresses = url.split(',').map((one) => new URL(one.trim()));
  const { username, password } = addresses[0]!;
  const credentials = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  const options = {
    servers: addresses.map(({ host }) => host),
    ...credentials,
    name: `mela-${name}`,
    inboxPrefix: `_INBOX_${name.replace(/[^A-Za-z0-9]/g, '_')}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    maxPingOut: 2,
    ...(tls || addresses[0]!.protocol === 'tls:' ? { tls: tls?.caFile === undefined ? {} : { caFile: tls.caFile } } : {}),
  };
  return connect(options).catch((fault: Error) => {
    throw new Error(`The message bus does not answer at ${options.servers.join(', ')} (NATS_URL): ${fault.message}`, { cause: fault });
  });
}
