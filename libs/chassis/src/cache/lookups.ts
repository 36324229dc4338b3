import { Counter, Gauge, type Registry } from 'prom-client';

const LOOKUPS = 'mela_cache_lookups_total';
const SUSPENDED = 'mela_cache_suspended';

/** How often what was asked for was there. */
export class Lookups {
  private readonly counter: Counter;

  constructor(
    metrics: Registry,
    private readonly cache: string,
  ) {
    const known = metrics.getSingleMetric(LOOKUPS) as Counter | undefined;
    this.counter = known ?? new Counter({ name: LOOKUPS, help: 'Keys looked up in a cache: hits were there, misses were loaded', labelNames: ['cache', 'outcome'], registers: [metrics] });
  }

  count(hits: number, misses: number): void {
    this.counter.inc({ cache: this.cache, outcome: 'hit' }, hits);
    this.counter.inc({ cache: this.cache, outcome: 'miss' }, misses);
  }
}

export function suspendedGauge(metrics: Registry): Gauge {
  const known = metrics.getSingleMetric(SUSPENDED) as Gauge | undefined;
  return known ?? new Gauge({ name: SUSPENDED, help: '1 while Redis does not answer and nothing is cached', labelNames: ['service'], registers: [metrics] });
}
