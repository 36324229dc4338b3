import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesOf, repository, scratchWorkspace } from './scratch-workspace.fixture.ts';
import { newEvent, newOperation, newReaction, newService } from './index.ts';

// CONTRIBUTING.md is followed to the letter, in a copy of the repository.

let root: string;
let remove: () => Promise<void>;
const chapters = new Map<string, Block[]>();
/** The files that each chapter has a person write in. */
const writtenIn = new Map<string, Set<string>>();

beforeAll(async () => {
  ({ root, remove } = await scratchWorkspace({ built: true }));
  const guide = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  for (const [title, blocks] of chaptersOf(guide)) {
    chapters.set(title, blocks);
    writtenIn.set(title, new Set());
    for (const block of blocks) {
      if (block.language === 'sh') for (const line of block.text.split('\n')) await obey(line);
      if (block.language === 'diff') for (const path of await applyDiff(block.text)) writtenIn.get(title)!.add(path);
    }
  }
}, 120_000);

afterAll(() => remove?.());

describe('whoever follows CONTRIBUTING.md', () => {
  it('writes in three files for an operation', () => {
    expect(writtenIn.get('Add an operation')?.size).toBe(3);
  });

  it('writes in two files for an event, and in one for a service that hears it', () => {
    const files = [...writtenIn.get('Add an event')!];
    expect(files.filter((path) => !path.includes('/reactions/'))).toHaveLength(2);
    expect(files.filter((path) => path.includes('/reactions/'))).toHaveLength(1);
  });

  it('writes in no file for a service that runs', () => {
    expect(writtenIn.get('Add a service')?.size).toBe(0);
  });

  it('has something that compiles, hosts every contract, and passes the linter and its own tests', async () => {
    expect(await run('tsc', '-b')).toBe('');
    expect(await run('node', '-e', hostedNames)).toContain('notices');
    await run('nx', 'show', 'projects');
    await run('oxlint', '--type-aware', '--deny-warnings', 'services', 'libs/contracts', 'cli/src/targets.ts');
    // Identity asks whoever says that it keeps something of people: one more is a service like the others.
    await run('vitest', 'run', '--project=parts', 'services/notices', 'libs/contracts/src', 'services/identity/src/export');
  }, 240_000);
});

describe('the generator', () => {
  it('adds an operation in three files, and an event in one, and both compile', async () => {
    expect((await newOperation(root, 'notices', 'dismiss')).edited).toHaveLength(3);
    expect((await newOperation(root, 'communities', 'membership/listMembers')).edited).toHaveLength(3);
    expect((await newEvent(root, 'communities', 'post.status_changed')).edited).toHaveLength(1);
    await obey('npm run contracts:accept');
    expect(await run('tsc', '-b', 'services/notices', 'services/communities')).toBe('');
  }, 240_000);
});

interface Block {
  readonly language: string;
  readonly text: string;
}

/** What each "Add …" chapter shows in fences, in its order. */
function chaptersOf(guide: string): [title: string, blocks: Block[]][] {
  return guide
    .split(/^## /m)
    .filter((chapter) => chapter.startsWith('Add '))
    .map((chapter) => [
      chapter.slice(0, chapter.indexOf('\n')),
      [...chapter.matchAll(/^```(\w+)\n(.*?)\n```$/gms)].map(([, language, text]) => ({ language: language!, text: text! })),
    ]);
}

async function obey(line: string): Promise<void> {
  const [, kind, ...words] = /^npx mela new (\w+) (\S+)(?: (\S+))?$/.exec(line) ?? [];
  const [first, second] = words as [string, string];
  if (kind === 'service') await newService(root, first);
  else if (kind === 'event') await newEvent(root, first, second);
  else if (kind === 'operation') await newOperation(root, first, second);
  else if (kind === 'reaction') await newReaction(root, first, second);
  else if (line === 'npm install') await linkPackages();
  else if (line === 'npm run contracts:accept') await run('node', 'libs/contracts/src/documents/accept.ts');
  else throw new Error(`CONTRIBUTING.md asks for "${line}", which this test cannot do`);
}

/** What npm does for a workspace that is new; nothing is fetched. */
async function linkPackages(): Promise<void> {
  for (const { name, folder } of await packagesOf(root)) {
    await symlink(join(root, folder), join(root, 'node_modules/@mela', name)).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'EEXIST') throw fault;
    });
  }
}

/** `--- path` begins a file, `@@` a place in it. What stands there is found by its text, so no line numbers go stale. */
async function applyDiff(diff: string): Promise<string[]> {
  const files = diff.split(/^--- /m).slice(1);
  const paths: string[] = [];
  for (const file of files) {
    const path = file.slice(0, file.indexOf('\n'));
    let text = await readFile(join(root, path), 'utf8');
    for (const place of file.split(/^@@.*\n/m).slice(1)) {
      const lines = place.replace(/\n$/, '').split('\n');
      const side = (sign: string) => lines.filter((line) => line === '' || line[0] === ' ' || line[0] === sign).map((line) => line.slice(1)).join('\n');
      const [before, after] = [side('-'), side('+')];
      if (text.split(before).length !== 2) throw new Error(`CONTRIBUTING.md shows a place that ${path} does not have once:\n${before}`);
      text = text.replace(before, () => after);
    }
    await writeFile(join(root, path), text);
    paths.push(path);
  }
  return paths;
}

const hostedNames = `import('./cli/dist/targets.js').then(({ allTargets }) => console.log(allTargets.map((target) => target.name).join(' ')))`;

async function run(command: string, ...args: string[]): Promise<string> {
  const bin = join(repository, 'node_modules/.bin', command);
  const env = { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: '', VITEST: '' };
  try {
    const { stdout } = await promisify(execFile)(bin, args, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (fault) {
    const { stdout, stderr } = fault as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: fault });
  }
}
