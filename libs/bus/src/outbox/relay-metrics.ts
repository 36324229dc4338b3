import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Several services may share one process and so one registry: each finds the metric that the first one made. */
export function relayMetrics(registry: Registry, service: string) {
  const labelNames = ['service'];
  const depth =
    (registry.getSingleMetric('mela_outbox_depth') as Gauge | undefined) ??
    new Gauge({ name: 'mela_outbox_depth', help: 'Events in the outbox: committed, and not yet in the stream or there for a second at the most', labelNames, registers: [registry] });
  const oldest =
    (registry.getSingleMetric('mela_outbox_oldest_seconds') as Gauge | undefined) ??
    new Gauge({ name: 'mela_outbox_oldest_seconds', help: 'Age of the oldest of them', labelNames, registers: [registry] });
  const published =
    (registry.getSingleMetric('mela_relay_published_total') as Counter | undefined) ??
    new Counter({ name: 'mela_relay_published_total', help: 'Events acknowledged by the stream', labelNames, registers: [registry] });
  const ackSeconds =
    (registry.getSingleMetric('mela_relay_ack_seconds') as Histogram | undefined) ??
    new Histogram({
      name: 'mela_relay_ack_seconds',
      help: 'From publishing an event to its acknowledgement',
      labelNames,
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [registry],
    });
  const counter = (name: string, help: string): Counter =>
    (registry.getSingleMetric(name) as Counter | undefined) ?? new Counter({ name, help, labelNames, registers: [registry] });
  const rewinds = counter('mela_relay_rewinds_total', 'Times that the stream was found to have lost what was sent');
  const putBack = counter('mela_relay_put_back_total', 'Events that went back into the outbox for it');
  const fillers = counter('mela_relay_fillers_total', 'Messages that only carried the sequence of the stream on');
  const checkSeconds =
    (registry.getSingleMetric('mela_relay_check_seconds') as Histogram | undefined) ??
    new Histogram({
      name: 'mela_relay_check_seconds',
      help: 'How long the stream was held against the outbox before anything was sent',
      labelNames,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120],
      registers: [registry],
    });
  return {
    depth: depth.labels(service),
    oldest: oldest.labels(service),
    published: published.labels(service),
    ackSeconds: ackSeconds.labels(service),
    rewinds: rewinds.labels(service),
    putBack: putBack.labels(service),
    fillers: fillers.labels(service),
    checkSeconds: checkSeconds.labels(service),
  };
}

export type RelayMetrics = ReturnType<typeof relayMetrics>;
