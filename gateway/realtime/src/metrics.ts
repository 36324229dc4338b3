import { Counter, Gauge, type Registry } from 'prom-client';
import { codeLabel } from './protocol/close-codes.ts';
import type { Connections } from './socket/connections.ts';
import type { RecentEvents } from './history/recent-events.ts';
import type { Channels } from './topics/channels.ts';

/** Counted as plain numbers, since a frame costs less than a labelled counter does. */
export interface Tally {
  in: number;
  out: number;
}

interface Measured {
  readonly connections: Connections;
  readonly channels: Channels;
  readonly recent: RecentEvents;
  readonly tally: Tally;
}

/** Answers the function that notes how a connection ended. */
export function measure(registry: Registry, { connections, channels, recent, tally }: Measured): (code: number) => void {
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
      this.set(channels.subscriptions);
    },
  });
  new Gauge({
    name: 'mela_realtime_recent_events', help: 'Events that can be told again', registers,
    collect() {
      this.set(recent.size);
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
