/**
 * What `npm test` runs, on a machine that has Node and nothing else: types, lint and boundaries, then every test.
 * `--affected [--base=<commit>]` tests only what a change can have broken; other arguments go to vitest.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { affectedRuns, changedSince } from './bin/affected.mjs';
import { handOver } from './bin/hand-over.mjs';
import { prepare, root, say } from './bin/prepare.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const args = process.argv.slice(2);
const affected = args.includes('--affected');
const base = (args.find((arg) => arg.startsWith('--base=')) || '--base=origin/main').slice('--base='.length);
const rest = args.filter((arg) => arg !== '--affected' && !arg.startsWith('--base='));

process.exitCode = await test();

async function test() {
  const runs = chosenRuns();
  if (runs === undefined) return 1;
  const node = await prepare([join(root, 'bench')]);
  if (node === undefined) return 1;
  const environment = { ...process.env, NX_DAEMON: 'false', PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` };
  const steps = [
    ['Checking the types of the tests', [bin('tsc'), '-p', join(root, 'tsconfig.specs.json')]],
    // The boundary rule knows nothing without the project graph, and says nothing of it.
    ['Reading the project graph', [bin('nx'), 'show', 'projects', '--json']],
    ['Checking style and boundaries', [bin('oxlint'), '--type-aware', '--deny-warnings', '--quiet']],
    ...runs.map((run) => ['Testing', [bin('vitest'), 'run', ...run, ...rest]]),
  ];
  for (const [title, command] of steps) {
    say(title);
    const code = await handOver(node, command, environment);
    if (code !== 0) return code;
  }
  return 0;
}

function chosenRuns() {
  if (!affected) return [[]];
  try {
    return affectedRuns(base, changedSince(base, root), readdirSync(join(root, 'services')));
  } catch {
    say(`git cannot compare with ${base}. Name a commit that it knows: npm run test:affected -- --base=<commit>`);
    return undefined;
  }
}
