import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { identity, type Session, type SigningKey } from '@mela/contracts';
import { Ear } from '@mela/testkit/clients';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/api.ts';
import { mela } from '../src/mela.ts';
import { projectRoot } from '../src/project.ts';
import { PaperTerminal } from './paper-terminal.ts';
import { Started, type Ready } from './started.ts';

const shell = promisify(execFile);
const MINUTE_MS = 60_000;
const password = 'a long password of a drill';

let data: string;
let up: Started;
let ready: Ready;
let api: Api;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-keys-'));
  up = Started.mela(`up --ephemeral --no-seed --json --data ${data}`, { IDENTITY_KEY_OVERLAP_MINUTES: '0', RATE_LIMITS: 'off' });
  ready = await up.json();
  api = new Api(ready.api);
}, 120_000);
afterAll(async () => {
  await up?.end();
  await rm(data, { recursive: true, force: true });
});

let people = 0;
const someone = (): Promise<Session> => api.must(identity.register, { email: `someone-${++people}@mela.example`, password, name: 'Someone' });
const kidOf = ({ accessToken }: Session) => decodeProtectedHeader(accessToken).kid;
const answerTo = async ({ accessToken }: Session) => {
  const answer = await api.ask(identity.me, {}, { token: accessToken });
  return 'code' in answer ? `${answer.status} ${answer.code}` : answer.id;
};
const onScreen = ({ accessToken }: Session) => Ear.connect(ready.realtime, accessToken);

async function run(words: string): Promise<SigningKey[] & { code?: string }> {
  const terminal = new PaperTerminal();
  await mela([...words.split(' '), '--json', '--data', data], terminal);
  return JSON.parse(terminal.stdout);
}
const oneIn = (keys: readonly SigningKey[], state: SigningKey['state']) => keys.findLast((key) => key.state === state)!;

/** Asked all the time, until nobody is taken: what it took, in milliseconds. */
async function untilRefused(sessions: readonly Session[], since: number): Promise<number> {
  await vi.waitFor(async () => {
    for (const session of sessions) expect(await answerTo(session)).toBe('401 auth.invalid_token');
  }, { timeout: MINUTE_MS, interval: 5 });
  return performance.now() - since;
}

describe('the drill for a key that is compromised', async () => {
  const page = await readFile(join(projectRoot, 'docs/drills/key-compromise.md'), 'utf8');
  const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'));
  const here = (command: string) => command.replace('http://127.0.0.1:8080', ready.api).replace(/^npx mela (.*)$/, `npx mela $1 --data ${data}`);
  const follow = async (command: string) => (await shell('bash', ['-c', here(command)], { cwd: projectRoot })).stdout;

  it('ends every token of the old key within a minute, at both gateways, and nobody’s session', async () => {
    const [before, withdrawing, after, published] = commands;
    const sessions = await Promise.all(Array.from({ length: 20 }, someone));
    const screens = await Promise.all(sessions.map(onScreen));
    const old = kidOf(sessions[0]!)!;
    for (const session of sessions) expect([kidOf(session), await answerTo(session)]).toEqual([old, session.person.id]);
    expect(await follow(before!)).toMatch(new RegExp(`${old}\\s+Ed25519\\s+signing`));

    const closed = Promise.all(screens.map((screen) => screen.closed));
    const began = performance.now();
    await follow(withdrawing!);
    const withdrawn = performance.now();
    await closed;
    const closedMs = performance.now() - began;
    const refusedMs = await untilRefused(sessions, began);
    for (const session of sessions) await expect(onScreen(session)).rejects.toThrow('auth.invalid_token');
    console.log(`the command took ${Math.round(withdrawn - began)} ms; ${closedMs.toFixed()} ms after it began all screens were closed, after ${refusedMs.toFixed()} ms all tokens refused`);
    expect(closedMs).toBeLessThan(MINUTE_MS);
    expect(refusedMs).toBeLessThan(MINUTE_MS);

    expect(await follow(after!)).toMatch(new RegExp(`${old}\\s+Ed25519\\s+withdrawn`));
    expect(await follow(published!)).not.toContain(old);

    const refreshed = await Promise.all(sessions.map(({ refreshToken }) => api.must(identity.refresh, { refreshToken })));
    for (const session of [...refreshed, await someone()]) {
      expect(kidOf(session)).not.toBe(old);
      expect(await answerTo(session)).toBe(session.person.id);
      (await onScreen(session)).close();
    }
  }, 2 * MINUTE_MS);

  it('has the four commands that were followed', () => {
    expect(commands).toHaveLength(4);
  });
});

describe('mela keys', () => {
  it('rotates, and both keys’ tokens are good, at both gateways', async () => {
    const before = await someone();
    const keys = await run('keys rotate');
    expect(oneIn(keys, 'retired').kid).toBe(kidOf(before));
    const after = await someone();
    expect(kidOf(after)).toBe(oneIn(keys, 'signing').kid);
    for (const session of [before, after]) {
      expect(await answerTo(session)).toBe(session.person.id);
      (await onScreen(session)).close();
    }
    expect(await run('keys list')).toEqual(keys);
  });

  it('withdraws nothing without a yes', async () => {
    const { kid } = oneIn(await run('keys list'), 'signing');
    expect(await run('keys rotate --compromised')).toMatchObject({ code: 'usage' });
    expect(oneIn(await run('keys list'), 'signing').kid).toBe(kid);
  });

  it('withdraws the key of before, too, where it was let go before anybody knew that it was in other hands', async () => {
    const before = await someone();
    const screen = await onScreen(before);
    await run('keys rotate');
    const after = await someone();
    const began = performance.now();
    const keys = await run('keys rotate --compromised --yes');
    expect(await untilRefused([before, after], began)).toBeLessThan(MINUTE_MS);
    await screen.closed;
    for (const session of [before, after]) expect(keys.find(({ kid }) => kid === kidOf(session))).toMatchObject({ state: 'withdrawn' });
    const refreshed = await api.must(identity.refresh, { refreshToken: before.refreshToken });
    expect(await answerTo(refreshed)).toBe(before.person.id);
  }, 2 * MINUTE_MS);

  it('leaves whoever verifies by the published keys alone: before a rotation, and after it', async () => {
    const published = createRemoteJWKSet(new URL('/.well-known/jwks.json', ready.api));
    const verify = async ({ accessToken, person }: Session) => {
      const { payload } = await jwtVerify(accessToken, published, { issuer: 'mela', audience: 'mela', typ: 'at+jwt' });
      expect(payload.sub).toBe(person.id);
    };
    const before = await someone();
    await verify(before);
    await run('keys rotate');
    const after = await someone();
    expect(kidOf(after)).not.toBe(kidOf(before));
    // Out of what was cached before the rotation: the key was published before it signed.
    await verify(after);
    await verify(before);

    await run('keys rotate --compromised --yes');
    const reader = createRemoteJWKSet(new URL('/.well-known/jwks.json', ready.api));
    await expect(jwtVerify(after.accessToken, reader)).rejects.toThrow('no applicable key');
    await jwtVerify((await someone()).accessToken, reader);
  });
});
