import { Counter, Gauge, type Registry } from 'prom-client';

const labelNames = ['service', 'consumer'];

/** Several services may share one process and so one registry: each finds the metric that the first one made. */
export function consumerMetrics(registry: Registry, service: string, consumer: string) {
  const counter = (name: string, help: string) =>
    ((registry.getSingleMetric(name) as Counter | undefined) ?? new Counter({ name, help, labelNames, registers: [registry] })).labels(service, consumer);
  const gauge = (name: string, help: string) =>
    ((registry.getSingleMetric(name) as Gauge | undefined) ?? new Gauge({ name, help, labelNames, registers: [registry] })).labels(service, consumer);
  return {
    applied: counter('mela_consumer_applied_total', 'Events applied'),
    failed: counter('mela_consumer_failed_total', 'Attempts to apply an event that failed'),
    redelivered: counter('mela_consumer_redelivered_total', 'Deliveries that were not the first of their event'),
    deadLetters: gauge('mela_dead_letters', 'Events put aside that wait for a person'),
    lag: gauge('mela_consumer_lag_seconds', 'Age of the oldest event that is here and not applied'),
  };
}

export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;
