import type { NatsConnection, Status } from '@nats-io/transport-node';

/** Says when the connection breaks and when it is back. Answers a function that ends the watch. */
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
