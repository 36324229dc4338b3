import type { NatsConnection } from '@nats-io/transport-node';
import { watchConnectivity } from './connectivity.ts';

/** One connection to a server, from its making until it breaks: the one made after it is another. */
export interface ConnectionLine {
  readonly gone: boolean;
}

/** Says which line there is now, and tells those that are over, for as long as somebody may hold what came on one. */
export class ConnectionLines {
  private line = { gone: false };
  readonly close: () => void;

  constructor(nc: NatsConnection) {
    this.close = watchConnectivity(nc, (connected) => {
      if (connected) return;
      this.line.gone = true;
      this.line = { gone: false };
    });
  }

  get current(): ConnectionLine {
    return this.line;
  }
}
