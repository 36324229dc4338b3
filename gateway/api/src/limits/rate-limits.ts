import type { Caller, Log } from '@mela/bus';
import { Breaker, countedAddress } from '@mela/chassis';
import type { Catalogue, Limit, Operation } from '@mela/contracts';
import type { Redis } from 'ioredis';
import { Gauge, type Registry } from 'prom-client';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly exceeded: boolean;
}

interface RateLimitsOptions {
  redis: Redis;
  catalogue: Catalogue;
  /** Requests a minute from one address, over all operations. */
  addressLimit: number;
  log: Log;
  metrics: Registry;
}

interface Counter {
  readonly per: Limit['per'];
  readonly limiter: RateLimiterRedis;
}

/**
 * Counts requests in Redis, where all gateways see them. Without Redis nothing is limited: a shop that is open to
 * too many is better than one that is shut.
 */
export class RateLimits {
  private readonly counters = new Map<string, readonly Counter[]>();
  private readonly breaker: Breaker;

  constructor({ redis, catalogue, addressLimit, log, metrics }: RateLimitsOptions) {
    const everything = counter(redis, 'all', { per: 'address', requests: addressLimit, windowSeconds: 60 });
    for (const operation of catalogue.operations.values())
      if (operation.http)
        this.counters.set(operation.id, [everything, ...operation.limits.map((limit, at) => counter(redis, `${operation.id}:${at}`, limit))]);
    const suspended = suspendedGauge(metrics);
    this.breaker = new Breaker({
      broke: (error) => {
        suspended.set(1);
        log.warn({ reason: String(error) }, 'Redis does not answer: requests are not limited until it does');
      },
      healed: () => {
        suspended.set(0);
        log.info({}, 'Redis answers again: requests are limited');
      },
    });
  }

  /** Where the caller stands with the limit that is nearest; undefined while nobody counts. */
  async count(operation: Operation, caller: Caller | undefined, address: string): Promise<Standing | undefined> {
    const byAddress = `a:${countedAddress(address)}`;
    const standings = await this.breaker.attempt(() =>
      Promise.all(
        this.counters.get(operation.id)!.map(({ per, limiter }) => consume(limiter, per === 'person' && caller ? `p:${caller.personId}` : byAddress)),
      ),
    );
    return standings?.reduce(nearest);
  }
}

function counter(redis: Redis, name: string, { per, requests, windowSeconds }: Limit): Counter {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `limit:${name}`,
    points: requests,
    duration: windowSeconds,
    rejectIfRedisNotReady: true,
    // Whoever has used up the window is refused from memory: a flood costs Redis nothing.
    inMemoryBlockOnConsumed: requests,
  });
  return { per, limiter };
}

async function consume(limiter: RateLimiterRedis, key: string): Promise<Standing> {
  const standing = (result: RateLimiterRes, exceeded: boolean): Standing => ({
    limit: limiter.points,
    remaining: result.remainingPoints,
    resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1000)),
    exceeded,
  });
  try {
    return standing(await limiter.consume(key), false);
  } catch (outcome) {
    if (outcome instanceof RateLimiterRes) return standing(outcome, true);
    throw outcome;
  }
}

/** One that is exceeded before one that is not; then the one with the least left; of two exceeded, the longer wait. */
function nearest(one: Standing, other: Standing): Standing {
  if (one.exceeded !== other.exceeded) return one.exceeded ? one : other;
  if (one.exceeded) return one.resetSeconds >= other.resetSeconds ? one : other;
  return one.remaining <= other.remaining ? one : other;
}

function suspendedGauge(metrics: Registry): Gauge {
  const name = 'mela_rate_limits_suspended';
  const known = metrics.getSingleMetric(name) as Gauge | undefined;
  return known ?? new Gauge({ name, help: '1 while Redis does not answer and requests are not limited', registers: [metrics] });
}
