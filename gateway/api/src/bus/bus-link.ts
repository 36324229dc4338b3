import { watchConnectivity, type LocalPath } from '@mela/bus';
import type { Operation } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';

const PATIENCE_MS = 2_000;

/**
 * Whether the bus can be reached. A short break is waited out, since the connection keeps what is sent meanwhile;
 * in a longer one a request is answered at once instead of hanging until its time is up.
 */
export class BusLink {
  private brokeAt: number | undefined;
  private readonly unwatch: () => void;

  constructor(
    private readonly nc: NatsConnection,
    private readonly local: LocalPath | undefined,
    private readonly now: () => number = Date.now,
  ) {
    this.unwatch = watchConnectivity(nc, (connected) => {
      this.brokeAt = connected ? undefined : (this.brokeAt ?? this.now());
    });
  }

  close(): void {
    this.unwatch();
  }

  reaches(operation: Operation): boolean {
    return this.local?.find(operation.subject) !== undefined || !this.isAway();
  }

  fault(): string | undefined {
    return this.nc.isClosed() || this.brokeAt !== undefined ? 'is not connected' : undefined;
  }

  private isAway(): boolean {
    return this.nc.isClosed() || (this.brokeAt !== undefined && this.now() - this.brokeAt > PATIENCE_MS);
  }
}
