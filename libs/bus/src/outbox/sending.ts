import type { NatsConnection } from '@nats-io/transport-node';
import { reach } from '../fail-points.ts';
import type { Log } from '../log.ts';
import type { OutboxRow } from './chains.ts';
import type { Checkpoint } from './checkpoint.ts';
import { publishedBy } from './published.ts';
import type { LatelySent } from './lately-sent.ts';
import type { AckedPublisher, Settle, Stored } from './publisher.ts';
import type { RelayMetrics } from './relay-metrics.ts';

interface Parts {
  service: string;
  nc: NatsConnection;
  publisher: AckedPublisher;
  checkpoint: Checkpoint;
  lately: LatelySent;
  log: Log;
  metrics: RelayMetrics;
}

/** Sends a row of the outbox where the checkpoint lets it pass, and lets the checkpoint judge each answer. */
export class Sending {
  constructor(private readonly parts: Parts) {}

  send(row: OutboxRow, told: Settle): void {
    const { service, nc, publisher, checkpoint, lately, metrics } = this.parts;
    // While a connection is made, what is published would be sent by it unchecked (see `watchConnectivity`).
    if (!checkpoint.open || !nc.info) return told(undefined, new Error('The stream is not checked yet'));
    const settle = publishedBy(service, row, told);
    const sentAt = performance.now();
    lately.sent(row, sentAt);
    reach('relay.publishing');
    publisher.publish({ eventId: row.event_id, subject: row.subject, headers: row.headers, payload: row.payload }, (stored, fault) => {
      if (!stored) checkpoint.heed(fault);
      else if (!checkpoint.trusts(stored)) return this.distrust(stored, settle);
      else {
        lately.acknowledged(row, stored.seq, checkpoint.epoch);
        metrics.ackSeconds.observe((performance.now() - sentAt) / 1_000);
        reach('relay.acknowledged');
      }
      settle(stored, fault);
    });
  }

  complain(row: OutboxRow, fault: Error, attempts: number): void {
    // Once at first and then ever more rarely: an outage concerns thousands.
    const { log } = this.parts;
    const facts = { eventId: row.event_id, subject: row.subject, attempts, fault: fault.message };
    if ((attempts & (attempts - 1)) === 0 && attempts > 4) log.error(facts, 'An event is not taken by the stream');
    else log.debug(facts, 'An event was not acknowledged and will be sent again');
  }

  private distrust({ seq }: Stored, settle: Settle): void {
    const fault = new Error(`The stream went back to ${seq}`);
    this.parts.checkpoint.shut(fault.message);
    settle(undefined, fault);
    this.parts.publisher.forget(fault);
  }
}
