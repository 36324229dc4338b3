import { isRefusal } from '@mela/contracts';
import type { Wrapper } from '@mela/bus';
import { Histogram, type Registry } from 'prom-client';

const NAME = 'mela_operation_seconds';

/** How long each operation takes and how it ends. */
export const measured = (metrics: Registry): Wrapper => {
  const seconds =
    (metrics.getSingleMetric(NAME) as Histogram | undefined) ??
    new Histogram({
      name: NAME,
      help: 'Seconds from receiving a request to its answer',
      labelNames: ['operation', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [metrics],
    });
  return (next) => async (exchange) => {
    const stop = seconds.startTimer({ operation: exchange.operation.id });
    try {
      const outcome = await next(exchange);
      stop({ outcome: isRefusal(outcome) ? outcome.code : 'ok' });
      return outcome;
    } catch (error) {
      stop({ outcome: 'failed' });
      throw error;
    }
  };
};
