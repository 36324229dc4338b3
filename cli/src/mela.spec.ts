import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PaperTerminal } from '../test/paper-terminal.ts';
import { mela } from './mela.ts';

const nothing = `--data ${join(tmpdir(), 'mela-where-nothing-is')}`;

async function run(line: string, terminal = new PaperTerminal()) {
  const exit = await mela(line.split(' '), terminal);
  return { exit, out: terminal.stdout, err: terminal.stderr };
}

/** What every fault looks like to a program: one JSON object on stdout. */
const faultOf = (out: string) => JSON.parse(out) as { code: string; message: string; hint?: string; faults?: string[] };

describe('the command line', () => {
  it('answers data on stdout and nothing else there', async () => {
    const { exit, out, err } = await run('targets --json');
    expect(exit).toBe(0);
    expect(err).toBe('');
    expect(JSON.parse(out)).toContainEqual({ name: 'api', kind: 'gateway', needs: ['NATS_URL', 'REDIS_URL', 'CURSOR_SECRET'] });
  });

  it('tells people of a fault on stderr, with a hint', async () => {
    const { exit, out, err } = await run('run everything');
    expect(exit).toBe(2);
    expect(out).toBe('');
    expect(err).toBe('There is no target everything\nThere are: all, identity, communities, notifications, api, realtime.\n');
  });

  it.each([
    ['a command that does not exist', 'sing'],
    ['an option that does not exist', 'targets --loud'],
    ['a missing argument', 'run'],
    ['a setting that is none', 'run all --set loud'],
    ['a topic that is none', 'listen everything --token t'],
    ['an event that nobody declares', 'events trigger order.eaten'],
    ['a place that is none', 'events replay --from yesterday --consumer communities.members'],
    ['a consumer of no service', 'dlq show nobody.heard 01900000-0000-7000-8000-000000000001'],
    ['an id that is none', 'dlq show communities.members 7'],
    ['a person that is none', 'realtime why --person asha --event 01900000-0000-7000-8000-000000000001'],
  ])('calls %s a fault in usage', async (_what, line) => {
    const { exit, out } = await run(`${line} --json`);
    expect(exit, out).toBe(2);
    expect(faultOf(out)).toMatchObject({ code: 'usage', message: expect.any(String) });
  });

  it('shows how a command is used when it is asked, and when its verb is missing', async () => {
    expect(await run('dlq --help')).toMatchObject({ exit: 0, out: expect.stringContaining('discard') });
    expect(await run('dlq')).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('discard') });
  });

  it('lists every missing setting at once, without a stack', async () => {
    const { exit, out, err } = await run(`run identity api --json ${nothing}`);
    expect(exit).toBe(1);
    const { code, faults } = faultOf(out);
    expect(code).toBe('settings.invalid');
    expect(faults?.map((fault) => fault.split(':')[0])).toEqual(['CURSOR_SECRET', 'IDENTITY_DATABASE_URL', 'IDENTITY_KEY_SECRET', 'NATS_URL', 'REDIS_URL']);
    expect(err).not.toMatch(/^ +at /m);
  });

  it('names the flags that stand in for questions where nobody can be asked', async () => {
    expect(faultOf((await run('admin create --no-input --json')).out)).toMatchObject({ code: 'usage', message: 'Missing: --email, --password-stdin' });
    expect(faultOf((await run('dlq discard communities.members 01900000-0000-7000-8000-000000000001 --json')).out)).toMatchObject({ hint: 'Add --yes.' });
  });

  it('does nothing when the person at the terminal says no', async () => {
    const { exit, err } = await run('dlq discard communities.members 01900000-0000-7000-8000-000000000001', new PaperTerminal({}, ['n']));
    expect(exit).toBe(2);
    expect(err).toContain('Go on? [y/N] ');
    expect(err).toContain('Nothing was done.');
  });

  it('says that nothing runs, and how to start it', async () => {
    const { exit, out } = await run(`seed --json ${nothing}`);
    expect(exit).toBe(1);
    expect(faultOf(out)).toMatchObject({ code: 'not_running', hint: expect.stringContaining(`npx mela up ${nothing}`) });
  });

  it('completes in every shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) expect((await run(`completions ${shell}`)).out).toContain('discard');
  });
});
