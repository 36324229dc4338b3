import { overhear, untraced, watchConnectivity, within, type Log } from '@mela/bus';
import { KeyRotated, KeyWithdrawn } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Where the public keys come from; undefined while they cannot be had. */
export type KeySource = () => Promise<JSONWebKeySet | undefined>;

/** Upon these the keys are read again at once. */
export const keyEvents = [KeyRotated, KeyWithdrawn] as const;

/** However often a key is asked for that is not among them. */
const COOL_DOWN_MS = 10_000;
/** Though nothing was heard: whoever missed what was said knows it so much later at the most. */
const READ_AGAIN_MS = 30_000;

interface Known {
  readonly answer: JSONWebKeySet;
  readonly kids: ReadonlySet<string>;
  readonly find: JWTVerifyGetKey;
}

/**
 * Identity’s public keys, as a verifier remembers them. What identity publishes is the truth and is read again all the time; its
 * events only say when. So a key that was withdrawn is out at once where that is heard, and soon where it is not.
 */
export class PublicKeys {
  private set: Known | undefined;
  /** Said to be withdrawn, and still in the answer that was read last. */
  private readonly withdrawn = new Set<string>();
  private reading: Promise<void> | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;
  private gone: () => void = () => undefined;

  constructor(
    private readonly source: KeySource,
    private readonly now: () => number = Date.now,
  ) {}

  trusts(kid: string): boolean {
    return this.set?.kids.has(kid) ?? false;
  }

  /** Undefined while they cannot be had. */
  async finder(): Promise<JWTVerifyGetKey | undefined> {
    if (!this.set) await this.read();
    return this.set?.find;
  }

  /** A key that nobody has seen may be a new one. True when they were read anew, which callers at the same time do once. */
  async lookAgain(): Promise<boolean> {
    if (!this.reading && this.now() - this.askedAt < COOL_DOWN_MS) return false;
    await this.read();
    return true;
  }

  /** What is under way may have been answered before whatever happened: another reading follows it. */
  async readAgain(): Promise<void> {
    await this.reading?.catch(() => undefined);
    await this.read();
  }

  withdraw(kid: string): void {
    this.withdrawn.add(kid);
    if (this.set) this.take(this.set.answer);
  }

  /** From now on they are as fresh as can be. Tells when one of them is gone, and answers how it ends. */
  follow({ nc, log }: { nc: NatsConnection; log: Log }, gone: () => void = () => undefined): () => void {
    this.gone = gone;
    // Whoever never verified anything reads them when there is something to verify.
    const refresh = () => {
      if (this.set || this.reading) void within({ traceparent: untraced() }, () => this.readAgain()).catch((error) => log.warn({ reason: String(error) }, 'the public keys cannot be read'));
    };
    const stopHearing = overhear({
      nc, log, events: keyEvents,
      heard: ({ type, data }) => {
        if (type === KeyWithdrawn.type) this.withdraw(data.kid);
        refresh();
      },
    });
    const stopWatching = watchConnectivity(nc, (connected) => connected && refresh());
    const timer = setInterval(refresh, READ_AGAIN_MS).unref();
    return () => {
      clearInterval(timer);
      stopWatching();
      stopHearing();
    };
  }

  private read(): Promise<void> {
    this.reading ??= this.ask().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async ask(): Promise<void> {
    this.askedAt = this.now();
    const answer = await this.source();
    if (answer) this.take(answer);
  }

  private take(answer: JSONWebKeySet): void {
    // Refuses what is no set of keys.
    createLocalJWKSet(answer);
    const before = this.set?.kids ?? [];
    const keys = answer.keys.filter(({ kid }) => kid === undefined || !this.withdrawn.has(kid));
    const published = new Set(answer.keys.map(({ kid }) => kid));
    for (const kid of this.withdrawn) if (!published.has(kid)) this.withdrawn.delete(kid);
    const kids = new Set(keys.flatMap(({ kid }) => kid ?? []));
    this.set = { answer, kids, find: createLocalJWKSet({ keys }) };
    if ([...before].some((kid) => !kids.has(kid))) this.gone();
  }
}
