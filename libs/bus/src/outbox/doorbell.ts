import type { NatsConnection } from '@nats-io/transport-node';
import type { OutboxRow } from './chains.ts';

const QUIET_MS = 5;

export const bellOf = (service: string): string => `bell.${service}`;

/** A relay in the same process: it needs no messenger. */
interface Nearby {
  /** It carries everything: nobody else has to hear. */
  readonly isAlone: boolean;
  hear(): void;
  /** Whether all of these are on their way: then nobody has to look. */
  take(rows: readonly OutboxRow[]): boolean;
}

/**
 * Rung after a commit, so that the relay need not wait for its next look; one of the same process may take what was committed, and need not look at all.
 * The first ring goes out at once; those within the next 5 ms share one more. A lost ring costs a quarter of a second.
 */
export class Doorbell {
  private resting = false;
  private again = false;
  private nearby: Nearby | undefined;

  constructor(
    private readonly nc: NatsConnection,
    private readonly service: string,
  ) {}

  answeredBy(relay: Nearby): void {
    this.nearby = relay;
  }

  /** For what was just committed, where that is at hand. */
  ring(written: readonly OutboxRow[] = []): void {
    if (written.length > 0 && this.nearby?.take(written)) return;
    if (this.resting) {
      this.again = true;
      return;
    }
    if (this.nearby?.isAlone) this.nearby.hear();
    // Rung while a connection is made, it would be heard late (see `watchConnectivity`).
    else if (!this.nc.isClosed() && !this.nc.isDraining() && this.nc.info) this.nc.publish(bellOf(this.service));
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      if (!this.again) return;
      this.again = false;
      this.ring();
    }, QUIET_MS).unref();
  }
}
