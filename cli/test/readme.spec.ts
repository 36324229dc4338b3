import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from '../src/project.ts';

const run = promisify(execFile);
const readme = await readFile(join(projectRoot, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'));
const inline = [...readme.matchAll(/`(np[mx] [^`]+)`/g)].map(([, command]) => command!);
const commands = [...new Set([...blocks, ...inline])];

/** Commands that go on until they are stopped, or run elsewhere: each says where it is shown to work. */
const shownElsewhere = new Map([
  ['npm test', 'this is it'],
  ['npm run chaos', 'chaos/test'],
  ['npm run bench -- spine', 'bench/bench.spec.ts'],
  ['npm run bench -- fanout', 'bench/bench.spec.ts'],
  ['npx mela up --parts-only', 'every flow test runs on it'],
  ...['identity', 'communities', 'notifications', 'api', 'realtime'].map((name) => [`npx mela run ${name}`, 'the project flows:separate'] as const),
]);

let data: string;
let up: ChildProcess;
let printed = '';

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-readme-'));
  up = spawn('npm', ['start', '--', '--data', data], { cwd: projectRoot, env: { ...process.env, API_PORT: '0', REALTIME_PORT: '0', MAILBOX_PORT: '0', OIDC_PORT: '0', NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'ignore'] });
  up.stdout!.on('data', (chunk) => (printed += String(chunk)));
  await vi.waitFor(() => expect(printed).toContain('Ready in'), { timeout: 90_000, interval: 100 });
}, 120_000);

afterAll(async () => {
  // npm may go before what it started: the last who holds the pipe closes it.
  const ended = new Promise((resolve) => up.once('close', resolve));
  up.kill('SIGTERM');
  await ended;
  await rm(data, { recursive: true, force: true });
});

/** As README has it, but for the ports and the folder, which are this run's own. */
const here = (command: string): string =>
  command.replace('http://127.0.0.1:8080', () => /API\s+(http:\S+)/.exec(printed)![1]!).replace(/^npx mela (.*)$/, `npx mela $1 --data ${data}`);

function follow(command: string): { heard: () => string; stop(): Promise<void> } {
  const child = spawn('bash', ['-c', `exec ${command}`], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  child.stdout.on('data', (chunk) => (heard += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    heard: () => heard,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

describe('README', () => {
  it('prints what it promises', () => {
    const shape = (text: string) => text.replace(/:\d+/g, ':PORT').replace(/[\d.]+ s\./, 'N s.').split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
    const promised = /```text\n([\s\S]*?)```/.exec(readme)![1]!.split('…');
    const said = shape(printed);
    for (const line of shape(promised.join('\n')).filter(Boolean)) expect(said).toContain(line);
  });

  const once = commands.filter((command) => !shownElsewhere.has(command) && !['npm start', 'npx mela events tail'].includes(command));
  it.each(once)('%s', async (command) => {
    const { stdout } = await run('bash', ['-c', here(command)], { cwd: projectRoot });
    expect(stdout).not.toBe('');
  });

  it('npx mela events tail', async () => {
    const tail = follow(here('npx mela events tail'));
    await vi.waitFor(async () => {
      await run('bash', ['-c', here('npx mela events trigger post.created')], { cwd: projectRoot });
      expect(tail.heard()).toContain('post.created');
    }, { timeout: 60_000, interval: 100 });
    await tail.stop();
  }, 90_000);

  it('the three printed commands: one listens, the other joins and posts, and both are heard', async () => {
    const [listen, signIn, joinAndPost] = printed.split('Three commands to try')[1]!.split('\n').filter((line) => /^\s*(npx|TOKEN|curl)/.test(line));
    const listener = follow(listen!.trim());
    await vi.waitFor(() => expect(listener.heard()).not.toBe(''), { timeout: 60_000, interval: 50 });
    await run('bash', ['-c', `${signIn}\n${joinAndPost}`], { cwd: projectRoot });
    await vi.waitFor(() => expect(listener.heard()).toMatch(/member\.joined[\s\S]*post\.created/), { timeout: 60_000, interval: 20 });
    await listener.stop();
  }, 150_000);
});
