import type { Redis } from 'ioredis';

/** An entry is `<version> <json>`; without the json nothing is known but that whatever is older is not so any more. */
const KEEP = `
  local held = redis.call('GET', KEYS[1])
  if held and (tonumber(string.match(held, '^%d+') or '') or 0) >= tonumber(ARGV[1]) then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1`;

type Scripted = Redis & { melaKeepNewest(key: string, newer: number, entry: string, forMs: number): Promise<number> };

export interface Versioned<Value> {
  readonly key: string;
  /** Of what the value was read from: it only ever grows, and one version has one value. */
  readonly version: number;
  readonly value: Value;
}

/** Values by key in Redis. Of two writers the one with the newer version wins, whoever comes last. */
export class Entries<Value> {
  private readonly redis: Scripted;

  constructor(
    redis: Redis,
    private readonly prefix: string,
    private readonly forMs: number,
  ) {
    redis.defineCommand('melaKeepNewest', { numberOfKeys: 1, lua: KEEP });
    this.redis = redis as Scripted;
  }

  // One by one: the keys of a cluster lie on many servers. They leave in one go all the same.
  async read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    const held = await Promise.all(keys.map(async (key) => [key, await this.redis.get(this.prefix + key)] as const));
    return new Map(held.flatMap(([key, entry]) => valueIn<Value>(entry).map((value) => [key, value] as const)));
  }

  async keep(values: readonly Versioned<Value>[]): Promise<void> {
    await Promise.all(values.map(({ key, version, value }) => this.redis.melaKeepNewest(this.prefix + key, version + 1, `${version} ${JSON.stringify(value)}`, this.forMs)));
  }

  /** Whatever is older than this version is neither read nor kept any more. */
  async outdate(key: string, version: number): Promise<void> {
    await this.redis.melaKeepNewest(this.prefix + key, version, `${version} `, this.forMs);
  }
}

/** One at the most. What cannot be read is as good as absent. */
function valueIn<Value>(entry: string | null): [Value] | [] {
  const json = /^\d+ (.+)$/s.exec(entry ?? '')?.[1];
  if (json === undefined) return [];
  try {
    return [JSON.parse(json) as Value];
  } catch {
    return [];
  }
}
