import { AuthorizationError, PermissionViolationError, type NatsConnection, type Status } from '@nats-io/transport-node';

/** What the server would not let this connection do. It says so on the side, and the call that asked for it has long returned. */
export interface BusRefusal {
  readonly of: 'publish' | 'subscribe' | 'connect';
  /** Of a connection that is refused, what the server said. */
  readonly subject: string;
}

/** Answers a function that ends the watch. */
export function watchRefusals(nc: NatsConnection, refused: (refusal: BusRefusal) => void): () => void {
  const statuses = nc.status() as AsyncIterable<Status> & { stop?(): void };
  void (async () => {
    for await (const status of statuses) {
      if (status.type !== 'error') continue;
      const { error } = status;
      if (error instanceof PermissionViolationError) refused({ of: error.operation === 'publish' ? 'publish' : 'subscribe', subject: error.subject });
      else if (error instanceof AuthorizationError) refused({ of: 'connect', subject: error.message });
    }
  })();
  return () => statuses.stop?.();
}
