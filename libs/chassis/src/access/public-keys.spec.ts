import { connectBus, ensureStream, seal } from '@mela/bus';
import { KeyRotated, KeyWithdrawn, type DataOf, type EventType } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLog } from '../process/log.ts';
import { PublicKeys } from './public-keys.ts';

const keyCalled = async (kid: string): Promise<JWK> => ({ ...(await exportJWK((await generateKeyPair('Ed25519')).publicKey)), kid, alg: 'Ed25519' });
let [one, two]: JWK[] = [];
let published: JWK[];
let asked = 0;
const source = async () => (asked++, { keys: published });
const log = createLog('silent');

beforeAll(async () => {
  [one, two] = await Promise.all([keyCalled('one'), keyCalled('two')]);
});
afterEach(() => vi.useRealTimers());

const known = async (now?: () => number) => {
  published = [one!, two!];
  asked = 0;
  const keys = new PublicKeys(source, now);
  await keys.finder();
  return keys;
};
const trusted = (keys: PublicKeys) => ['one', 'two'].filter((kid) => keys.trusts(kid));

describe('public keys', () => {
  it('are none before they are read', () => {
    expect(new PublicKeys(source).trusts('one')).toBe(false);
  });

  it('lose the one that is withdrawn at once, also while identity still publishes it', async () => {
    const keys = await known();
    keys.withdraw('one');
    expect(trusted(keys)).toEqual(['two']);
    await keys.readAgain();
    expect(trusted(keys)).toEqual(['two']);
    published = [two!];
    await keys.readAgain();
    expect(trusted(keys)).toEqual(['two']);
  });

  it('that were asked for before one was withdrawn come without it', async () => {
    published = [one!, two!];
    const answer = Promise.withResolvers<{ keys: JWK[] }>();
    const keys = new PublicKeys(() => answer.promise);
    const finding = keys.finder();
    keys.withdraw('one');
    answer.resolve({ keys: published });
    await finding;
    expect(trusted(keys)).toEqual(['two']);
  });

  it('are read once more where a reading was under way when something was said', async () => {
    const answers = [Promise.withResolvers<{ keys: JWK[] }>(), Promise.withResolvers<{ keys: JWK[] }>()];
    let asking = 0;
    const keys = new PublicKeys(() => answers[asking++]!.promise);
    void keys.finder();
    const again = keys.readAgain();
    answers[0]!.resolve({ keys: [one!] });
    answers[1]!.resolve({ keys: [two!] });
    await again;
    expect([asking, trusted(keys)]).toEqual([2, ['two']]);
  });

  it('are looked for again once per cool-down, whatever comes of it', async () => {
    let now = 0;
    const keys = await known(() => now);
    expect(await keys.lookAgain()).toBe(false);
    now += 10_000;
    expect(await Promise.all(Array.from({ length: 1_000 }, () => keys.lookAgain()))).toEqual(Array.from({ length: 1_000 }, () => true));
    expect(await keys.lookAgain()).toBe(false);
    expect(asked).toBe(2);
  });

  it('stay as they are while identity is away, and it is not asked all the time', async () => {
    let now = 0;
    let away = false;
    let asking = 0;
    const keys = new PublicKeys(async () => (asking++, away ? undefined : { keys: [one!] }), () => now);
    await keys.finder();
    away = true;
    now += 10_000;
    for (let times = 0; times < 50; times++) await keys.lookAgain();
    expect([asking, keys.trusts('one')]).toEqual([2, true]);
  });
});

describe('public keys that follow the bus', () => {
  let folder: string;
  let nats: OpenPart;
  let nc: NatsConnection;
  let stop: (() => void) | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mela-public-keys-'));
    nats = await openPart('nats', { dataDir: folder, env: {}, throwaway: true });
    nc = await connectBus({ url: nats.url, name: 'test' });
    await ensureStream(nc);
  });
  afterEach(() => stop?.());
  afterAll(async () => {
    await nc?.close();
    await nats?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const say = <E extends EventType>(event: E, data: DataOf<E>) => {
    const { subject, headers: attributes, payload } = seal(event, { id: 'one', version: 1 }, data, { source: '/mela/identity' });
    const carried = headers();
    for (const [name, value] of Object.entries(attributes)) carried.set(name, value);
    nc.publish(subject, payload, { headers: carried });
  };

  it('hear that one was withdrawn, and tell that it is gone', async () => {
    const keys = await known();
    const gone = vi.fn();
    stop = keys.follow({ nc, log }, gone);
    await nc.flush();
    say(KeyWithdrawn, { kid: 'one' });
    await vi.waitFor(() => expect(trusted(keys)).toEqual(['two']), { timeout: 5_000, interval: 5 });
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it('are read anew when another one signs, long before they would be', async () => {
    const keys = await known();
    published = [one!];
    await keys.readAgain();
    stop = keys.follow({ nc, log });
    await nc.flush();
    published = [one!, two!];
    say(KeyRotated, { kid: 'one', nextKid: 'two' });
    await vi.waitFor(() => expect(trusted(keys)).toEqual(['one', 'two']), { timeout: 5_000, interval: 5 });
  });

  it('are read anew as soon as the line to the bus is back: something may have been said meanwhile', async () => {
    const keys = await known();
    stop = keys.follow({ nc, log });
    await nats.crash();
    published = [two!];
    await nats.restart();
    await vi.waitFor(() => expect(trusted(keys)).toEqual(['two']), { timeout: 15_000, interval: 20 });
  });

  it('pass over what cannot be read', async () => {
    const keys = await known();
    stop = keys.follow({ nc, log });
    nc.publish('evt.key.withdrawn.0', 'nonsense');
    say(KeyWithdrawn, { kid: 'two' });
    await vi.waitFor(() => expect(trusted(keys)).toEqual(['one']), { timeout: 5_000, interval: 5 });
  });

  it('are right within half a minute though nothing was heard', async () => {
    const keys = await known();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const gone = vi.fn();
    stop = keys.follow({ nc, log }, gone);
    published = [two!];
    await vi.advanceTimersByTimeAsync(30_000);
    await vi.waitFor(() => expect(trusted(keys)).toEqual(['two']), { timeout: 5_000, interval: 5 });
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it('are not asked for by whoever has nothing to verify', async () => {
    asked = 0;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stop = new PublicKeys(source).follow({ nc, log });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(asked).toBe(0);
  });
});
