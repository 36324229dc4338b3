import type { Log } from '@mela/bus';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import { Breaker } from '../redis/breaker.ts';
import { Cache, type CacheDefinition } from './cache.ts';
import { Lookups, suspendedGauge } from './lookups.ts';

interface CachesParts {
  readonly redis: Redis;
  readonly service: string;
  readonly log: Log;
  readonly metrics: Registry;
}

/** A service's caches: given to those whose manifest says `caches`. */
export class Caches {
  private readonly breaker: Breaker;

  constructor(private readonly parts: CachesParts) {
    const { service, log, metrics } = parts;
    const suspended = suspendedGauge(metrics);
    suspended.set({ service }, 0);
    this.breaker = new Breaker({
      broke: (error) => {
        suspended.set({ service }, 1);
        log.warn({ reason: String(error) }, 'Redis does not answer: nothing is cached until it does');
      },
      healed: () => {
        suspended.set({ service }, 0);
        log.info({}, 'Redis answers again: what is asked often is cached');
      },
    });
  }

  open<Value>(definition: CacheDefinition<Value>): Cache<Value> {
    const { redis, service, metrics } = this.parts;
    const name = `${service}.${definition.name}`;
    return new Cache(definition, { redis, prefix: `cache:${name}:`, breaker: this.breaker, lookups: new Lookups(metrics, name) });
  }
}
