import { execFile } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repository, scratchWorkspace } from '../cli/src/new/scratch-workspace.fixture.ts';

// A fixture stands where its rule applies, and says at the end of a line what fires there: `// fires: mela(no-save)`.
// What fires without being announced is a fault as well, so the lines that say nothing prove what is allowed.
const fixtures = join(import.meta.dirname, 'fixtures');

let scratch: Awaited<ReturnType<typeof scratchWorkspace>>;
let fired: string[];

beforeAll(async () => {
  scratch = await scratchWorkspace({ built: false });
  // The graph is drawn without the fixtures: their wrong arrows would make cycles of right ones.
  await drawProjectGraph(scratch.root);
  await cp(fixtures, scratch.root, { recursive: true });
  fired = await lint(scratch.root, await filesIn(fixtures));
});

afterAll(() => scratch?.remove());

it('every rule fires where a fixture breaks it, and nowhere else', async () => {
  const announced = await Promise.all((await filesIn(fixtures)).map(announcedIn));
  expect(fired.toSorted()).toEqual(announced.flat().toSorted());
});

it.each([
  '@nx(enforce-module-boundaries)',
  'mela(pure-rules)',
  'mela(no-save)',
  'node(no-process-env)',
  'import(no-cycle)',
  'eslint(no-unused-vars)',
  'typescript(no-floating-promises)',
])('%s has a fixture that breaks it', (rule) => {
  expect(fired.some((each) => each.endsWith(rule))).toBe(true);
});

it('the repository itself breaks none', async () => {
  await drawProjectGraph(repository);
  expect(await lint(repository, ['.'])).toEqual([]);
}, 60_000);

async function announcedIn(path: string): Promise<string[]> {
  const lines = (await readFile(join(fixtures, path), 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    const rules = /\/\/ fires: (.+)$/.exec(line)?.[1]?.split(', ') ?? [];
    return rules.map((rule) => `${path}:${index + 1} ${rule}`);
  });
}

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ts')).toSorted();

/** Without a project graph the boundary rule says nothing at all. */
const drawProjectGraph = (root: string) => run(root, 'nx', ['show', 'projects']);

async function lint(root: string, paths: readonly string[]): Promise<string[]> {
  const { diagnostics } = JSON.parse(await run(root, 'oxlint', ['--type-aware', '--format=json', ...paths])) as {
    diagnostics: { filename: string; code: string; labels: { span: { line: number } }[] }[];
  };
  return diagnostics.map(({ filename, code, labels }) => `${filename}:${labels[0]?.span.line ?? 0} ${code}`);
}

async function run(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: '' };
  const bin = join(repository, 'node_modules/.bin', command);
  // A linter that finds something exits with 1, and what it found is on its standard output.
  const { stdout, stderr } = await promisify(execFile)(bin, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }).catch((finished) => finished);
  if (!stdout) throw new Error(`${command} said nothing: ${stderr}`);
  return stdout as string;
}
