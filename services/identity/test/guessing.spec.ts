import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identity, type Operation } from '@mela/contracts';
import { askOperation, MelaProcess, sendOperation } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTurns, isToldApart, type Pair } from './told-apart.fixture.ts';

const PAIRS = 60;
const password = 'ferns under the bridge of Asha';

/** A Mela of its own, that hashes few passwords at a time and is told by a proxy where its clients are. */
let data: string;
let api: string;
const processes: MelaProcess[] = [];
const people = Array.from({ length: PAIRS }, (_, n) => `asha-${n}@example.org`);

async function begin(args: string[], environment: NodeJS.ProcessEnv = {}): Promise<Record<string, string>> {
  const process = new MelaProcess([...args, '--data', data], environment);
  processes.push(process);
  return process.ready();
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-guessing-'));
  await begin(['up', '--parts-only']);
  api = (await begin(['run', 'all'], { TRUST_PROXY: '127.0.0.1', IDENTITY_HASHING_LANES: '1', IDENTITY_HASHING_QUEUE: '4' }))['api']!;
  for (const email of people) await askOperation(api, identity.register, { email, password, name: 'Asha' });
}, 240_000);

afterAll(async () => {
  for (const process of processes.toReversed()) await process.stop();
  await rm(data, { recursive: true, force: true });
});

let places = 0;
/** Where nobody has been before. */
const somewhere = (): string => `2001:db8:${(++places).toString(16)}::1`;

async function ask(operation: Operation, input: Record<string, unknown>, place = somewhere()) {
  const response = await sendOperation(api, operation, input, { headers: { 'x-forwarded-for': place } });
  const { traceId: _traceId, ...document } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, document, retryAfter: response.headers.get('retry-after') };
}
const guess = (email: string, place?: string) => ask(identity.signIn, { email, password: 'not her password' }, place);

describe('whoever tries which addresses have an account', () => {
  it.each<[string, (email: string) => ReturnType<typeof ask>, number]>([
    ['a wrong password', (email) => guess(email), 401],
    ['a forgotten password', (email) => ask(identity.forgotPassword, { email }), 200],
  ])('is told the same, and takes as long, with %s', async (_what, tries, status) => {
    const told = new Set<string>();
    const tell = async (email: string) => void told.add(JSON.stringify(await tries(email)));
    const pairs = await inTurns(PAIRS, (n) => tell(people[n]!), (n) => tell(`nobody-${people[n]!}`));
    expect([...told].map((text) => JSON.parse(text) as object)).toMatchObject([{ status }]);
    expect(isToldApart(pairs), JSON.stringify(pairs)).toBe(false);
  }, 120_000);
});

describe('whoever guesses passwords', () => {
  it('of many people from one place is stopped at the hundred and first, and told when to come back; elsewhere people sign in', async () => {
    const place = somewhere();
    for (let n = 0; n < 100; n++) expect(await guess(`guessed-${n}@example.org`, place)).toMatchObject({ status: 401 });
    const refused = await guess(people[0]!, place);
    expect(refused).toMatchObject({ status: 429, document: { code: 'identity.too_many_attempts' } });
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    expect(await ask(identity.signIn, { email: people[0]!, password })).toMatchObject({ status: 200 });
  }, 120_000);

  it('in a flood is hashed for as many as may wait, the others are told so at once, and then people sign in', async () => {
    const flood = await Promise.all(Array.from({ length: 100 }, (_, n) => guess(`flood-${n}@example.org`)));
    const codes = Map.groupBy(flood, ({ status, document }) => `${status} ${String(document['code'])}`);
    expect([...codes.keys()].toSorted()).toEqual(['401 identity.wrong_credentials', '503 identity.busy']);
    expect(await ask(identity.signIn, { email: people[0]!, password })).toMatchObject({ status: 200 });
  }, 120_000);
});

describe('by the clock two kinds', () => {
  const pairsOf = (one: (n: number) => number, other: (n: number) => number): Pair[] => Array.from({ length: PAIRS }, (_, n) => ({ one: one(n), other: other(n) }));
  const busy = (n: number) => [0, 3, 40, 8, 1, 90, 15][n % 7]!;

  it('are told apart where one of them is not hashed, also on a busy machine', () => {
    expect(isToldApart(pairsOf(() => 30, () => 8))).toBe(true);
    expect(isToldApart(pairsOf((n) => 30 + (busy(n) % 20), (n) => 8 + (busy(n + 3) % 20)))).toBe(true);
  });

  it('are not by what is always so and next to nothing, nor by much that is so by chance', () => {
    expect(isToldApart(pairsOf(() => 30, () => 30.2))).toBe(false);
    expect(isToldApart(pairsOf((n) => 30 + busy(n), (n) => 30 + busy(n + 2)))).toBe(false);
  });
});
