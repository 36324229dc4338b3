import { continueTrace, currentContext, within, type Asker } from '@mela/bus';
import { identity, InvalidApiKey, isRefusal, TooManyRequests, type Out, type Refusal } from '@mela/contracts';
import { LRUCache } from 'lru-cache';
import { FailedAttempts } from './failed-attempts.ts';
import { hashOfApiKey, readApiKey } from './key-text.ts';

/** Keys whose tokens are held at once. */
const HELD = 10_000;
/** Nobody shows a key that is none twice as often as that and has identity asked again. */
const REFUSED_MS = 30_000;
/** Keys that one address may have looked up in vain within the window. */
const FAILURES = 100;
const FAILURES_MS = 60_000;
/** Of a token's life: after that another one is fetched, while this one still works. */
const RENEWED_AFTER = 0.8;

type Given = Out<typeof identity.exchangeApiKey>;

interface Held {
  readonly token: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** What is known of keys by their hash: the key itself stays with whoever shows it. */
export class KeyExchange {
  private readonly held = new LRUCache<string, Held>({ max: HELD });
  private readonly refused: LRUCache<string, { readonly refusal: Refusal; readonly until: number }> = new LRUCache({ max: HELD });
  private readonly failures: FailedAttempts;
  private readonly underWay = new Map<string, Promise<Given | Refusal>>();

  constructor(
    private readonly asker: Pick<Asker, 'ask'>,
    private readonly now: () => number = Date.now,
  ) {
    this.failures = new FailedAttempts(FAILURES, FAILURES_MS, now);
  }

  /** An access token for the key. While identity is away, whoever came lately goes on with the one of before. */
  async tokenFor(key: string, address: string): Promise<string | Refusal> {
    if (!readApiKey(key)) return InvalidApiKey('It is mistyped, or a part of it is missing');
    const name = nameOf(key);
    const refused = this.refused.get(name);
    if (refused && refused.until > this.now()) return refused.refusal;
    const held = this.held.get(name);
    if (held && held.expiresAt > this.now()) {
      // Nobody waits for the next one: it is there when it is needed.
      if (held.renewAt <= this.now()) void this.exchange(name, key).catch(() => undefined);
      return held.token;
    }
    const given = await (this.underWay.get(name) ?? this.admitted(address, () => this.exchange(name, key)));
    return isRefusal(given) ? given : given.accessToken;
  }

  /** It was worth nothing: whatever comes in its place is asked for. */
  forget(key: string, token: string): void {
    const name = nameOf(key);
    if (this.held.peek(name)?.token === token) this.held.delete(name);
  }

  /** Whoever tries key after key is not let through to identity. */
  private async admitted(address: string, exchange: () => Promise<Given | Refusal>): Promise<Given | Refusal> {
    if (!this.failures.begin(address)) return TooManyRequests('Too many keys that are none came from this address');
    const given = await exchange();
    if (!isRefusal(given) || given.status >= 500) this.failures.takeBack(address);
    return given;
  }

  /** Whoever shows the same key at the same time waits for the same answer. */
  private exchange(name: string, key: string): Promise<Given | Refusal> {
    const already = this.underWay.get(name);
    if (already) return already;
    const asked = this.ask(name, key).finally(() => this.underWay.delete(name));
    this.underWay.set(name, asked);
    return asked;
  }

  /** In nobody's name, and not in the time of whoever came first: others wait for it, too. */
  private async ask(name: string, key: string): Promise<Given | Refusal> {
    const { traceparent = continueTrace(undefined), origin } = currentContext() ?? {};
    const given = await within({ traceparent, origin }, () => this.asker.ask(identity.exchangeApiKey, { key }));
    if (!isRefusal(given)) {
      const [now, expiresAt] = [this.now(), Date.parse(given.expiresAt)];
      this.held.set(name, { token: given.accessToken, expiresAt, renewAt: now + (expiresAt - now) * RENEWED_AFTER });
    } else if (given.status < 500) {
      this.held.delete(name);
      this.refused.set(name, { refusal: given, until: this.now() + REFUSED_MS });
    }
    return given;
  }
}

const nameOf = (key: string): string => hashOfApiKey(key).toString('base64url');
