import type { Redis } from 'ioredis';
import type { Breaker } from '../redis/breaker.ts';
import { Entries, type Versioned } from './entries.ts';
import { Gathering } from './gathering.ts';
import type { Lookups } from './lookups.ts';

export interface CacheDefinition<Value> {
  /** `people-1`: a value of another shape goes under another name, since older and newer processes share what is kept. */
  readonly name: string;
  readonly seconds: number;
  /** As they stand now. Whatever there is nothing of is left out, and asked for anew the next time. */
  readonly load: (keys: readonly string[]) => Promise<readonly Versioned<Value>[]>;
}

interface CacheParts {
  readonly redis: Redis;
  readonly prefix: string;
  readonly breaker: Breaker;
  readonly lookups: Lookups;
}

/** Owed marks that are remembered: whoever owes more has been without Redis for so long that little is kept there any more. */
const MOST_OWED = 10_000;

/**
 * Reads through Redis. An entry carries the version of what it was read from, and a change marks the version that is about to be:
 * from then on nothing older is read, nor kept by whoever had read it before. While Redis is away everything comes from `load`.
 */
export class Cache<Value> {
  private readonly entries: Entries<Value>;
  private readonly gathering: Gathering<Versioned<Value>>;
  /** Marks that could not be made: here nobody is given what they are about. */
  private readonly owed = new Map<string, number>();

  constructor(
    private readonly definition: CacheDefinition<Value>,
    private readonly parts: CacheParts,
  ) {
    this.entries = new Entries(parts.redis, parts.prefix, definition.seconds * 1000);
    this.gathering = new Gathering((keys) => this.load(keys));
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    const kept = await this.keptOf(keys);
    const missing = keys.filter((key) => !kept.has(key));
    this.parts.lookups.count(kept.size, missing.length);
    if (missing.length === 0) return kept;
    const asked = new Set(missing);
    const loaded = (await this.gathering.take(missing)).filter(({ key }) => asked.has(key));
    return new Map([...kept, ...loaded.map(({ key, value }) => [key, value] as const)]);
  }

  /**
   * Asked in the transaction that makes the version, before it commits: then no moment is left in which it is so and nobody has said it, also
   * where the process dies. Asked again when the event is heard, for a mark that Redis was not there for.
   */
  async outdate(key: string, version: number): Promise<void> {
    this.owed.set(key, Math.max(version, this.owed.get(key) ?? 0));
    if (this.owed.size > MOST_OWED) this.owed.delete(this.owed.keys().next().value!);
    await this.pay();
  }

  private async keptOf(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    if (this.owed.size > 0) await this.pay();
    const kept = (await this.parts.breaker.attempt(() => this.entries.read(keys))) ?? new Map<string, Value>();
    return this.owed.size === 0 ? kept : new Map([...kept].filter(([key]) => !this.owed.has(key)));
  }

  private async pay(): Promise<void> {
    const owed = [...this.owed];
    await this.parts.breaker.attempt(async () => {
      await Promise.all(owed.map(([key, version]) => this.entries.outdate(key, version)));
      for (const [key, version] of owed) if (this.owed.get(key) === version) this.owed.delete(key);
    });
  }

  private async load(keys: readonly string[]): Promise<readonly Versioned<Value>[]> {
    const began = performance.now();
    const loaded = await this.definition.load(keys);
    // A mark that was made since is there for as long as an entry: what took longer might find it gone.
    const isFresh = performance.now() - began < (this.definition.seconds * 1000) / 2;
    if (isFresh && loaded.length > 0) await this.parts.breaker.attempt(() => this.entries.keep(loaded));
    return loaded;
  }
}
