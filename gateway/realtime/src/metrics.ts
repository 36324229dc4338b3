import { Counter, Gauge, type Registry } from 'prom-client';
import { codeLabel } from './protocol/close-codes.ts';
import type { Connections } from './socket/connections.ts';
import type { Topics } from './topics/topics.ts';

/** Counted as plain numbers, since a frame costs less than a labelled counter does. */
export interface Tally {
  in: number;
  out: number;
}

interface Measured {
  readonly connections: Connections;
  readonly topics: Topics;
  readonly tally: Tally;
}

/** Answers the function that notes how a connection ended. */
export function measure(registry: Registry, { connections, topics, tally }: Measured): (code: number) => void {
  const registers = [registry];
  new Gauge({
    name: 'mela_realtime_connections', help: 'Open connections', registers,
    collect() {
      this.set(connections.size);
    },
  });
  new Gauge({
    name: 'mela_realtime_subscriptions', help: 'Subscriptions of all connections', registers,
    collect() {
      this.set(topics.subscriptions);
    },
  });
  new Counter({
    name: 'mela_realtime_frames_total', help: 'Frames received and sent', labelNames: ['direction'], registers,
    collect() {
      this.reset();
      this.inc({ direction: 'in' }, tally.in);
      this.inc({ direction: 'out' }, tally.out);
    },
  });
  const closed = new Counter({ name: 'mela_realtime_closed_total', help: 'Connections that ended, by close code', labelNames: ['code'], registers });
  return (code) => closed.inc({ code: codeLabel(code) });
}
