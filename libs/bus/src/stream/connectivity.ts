import type { NatsConnection, Status } from '@nats-io/transport-node';

/**
 * Says when the connection breaks and when it is back. Answers a function that ends the watch, as the end of the connection does.
 *
 * What is published in between the client library keeps and tells nobody what becomes of it: whenever it begins another
 * attempt to connect it throws away what it has, and when an attempt succeeds it sends what came during it, late and
 * before anybody here knows. From the beginning of an attempt until the server has answered, `info` is missing.
 */
export function watchConnectivity(nc: NatsConnection, changed: (connected: boolean) => void): () => void {
  const statuses = nc.status() as AsyncIterable<Status> & { stop?(): void };
  void (async () => {
    for await (const { type } of statuses) {
      if (type === 'disconnect') changed(false);
      if (type === 'reconnect') changed(true);
    }
  })();
  return () => statuses.stop?.();
}
