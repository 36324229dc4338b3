import { AuthorizationError, connect, type NatsConnection } from '@nats-io/transport-node';
import { inboxOf } from './stream/private-inbox.ts';

export interface BusSettings {
  url: string;
  /** Who connects: the user, seen in the server's monitoring, and whose inbox it is. */
  name: string;
  /** Of that user. Credentials inside the URL are for everybody who is given it, and come first. */
  password?: string | undefined;
  /** The setting that holds the password, for whoever has to mend it. */
  passwordSetting?: string;
  tls?: { caFile?: string | undefined } | undefined;
}

/** One connection per service. A server that is not there at boot is a fault; one that goes away later is waited for. */
export async function connectBus({ url, name, password, passwordSetting, tls }: BusSettings): Promise<NatsConnection> {
  // The client library ignores credentials inside a URL, and a cluster is several addresses with one pair of them.
  const addresses = url.split(',').map((one) => new URL(one.trim()));
  const given = addresses[0]!;
  const credentials = given.username !== '' ? { user: decodeURIComponent(given.username), pass: decodeURIComponent(given.password) }
    : password !== undefined ? { user: name, pass: password } : undefined;
  const servers = addresses.map(({ host }) => host);
  const options = {
    servers,
    ...credentials,
    name: `mela-${name}`,
    inboxPrefix: inboxOf(name),
    maxReconnectAttempts: -1,
    // A password that was changed, or a user who was taken away, may be put right again: it is waited for like a server.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    maxPingOut: 2,
    ...(tls || given.protocol === 'tls:' ? { tls: tls?.caFile === undefined ? {} : { caFile: tls.caFile } } : {}),
  };
  return connect(options).catch((fault: Error) => {
    if (fault instanceof AuthorizationError) throw new Error(refusal({ servers, credentials, fromUrl: given.username !== '', passwordSetting }), { cause: fault });
    throw new Error(`The message bus does not answer at ${servers.join(', ')} (NATS_URL): ${fault.message}`, { cause: fault });
  });
}

interface Refused {
  servers: readonly string[];
  credentials: { user: string } | undefined;
  fromUrl: boolean;
  passwordSetting: string | undefined;
}

function refusal({ servers, credentials, fromUrl, passwordSetting = 'the password' }: Refused): string {
  const at = `The message bus at ${servers.join(', ')} (NATS_URL)`;
  if (fromUrl) return `${at} refuses the user "${credentials!.user}": the user or the password in NATS_URL is wrong`;
  if (credentials) return `${at} refuses the user "${credentials.user}": ${passwordSetting} is wrong, or the server's configuration does not name this user`;
  return `${at} wants a user and a password: ${passwordSetting} is missing`;
}
