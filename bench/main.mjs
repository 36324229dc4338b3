/** Runs one benchmark, prints what it found and keeps it in a file. Fails when a goal is missed or anything was lost. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from './machine.mjs';
import { keep } from './results.mjs';
import { table } from './table.mjs';

/** @type {Record<string, () => Promise<{ bench: import('./results.mjs').Bench }>>} */
const benches = { spine: () => import('./spine/spine.mjs'), fanout: () => import('./fanout/fanout.mjs'), 'sign-in': () => import('./sign-in/sign-in.mjs') };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    results: { type: 'string' },
    profile: { type: 'string' },
    spans: { type: 'string' },
    only: { type: 'string', multiple: true },
    small: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const began = performance.now();
/** @param {string} line */
const tell = (line) => void process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);

if (!Object.hasOwn(benches, name)) {
  process.stderr.write(`npm run bench -- <name>, where name is one of: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const { bench } = await benches[name]();
  const facts = await machine();
  tell(`${facts.cores} cores (${facts.cpu}), Node ${facts.node}; others used ${facts.othersUsed} % of them just before`);
  if (facts.othersUsed > 10) tell('The machine is busy with something else: read the ratios, not the figures');
  const at = new Date().toISOString();
  const { results, measured } = await bench({
    events: Number(values.events),
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    profile: values.profile,
    spans: values.spans,
    only: values.only,
    small: values.small,
    tell,
  });
  const run = { at, ...facts, ...measured };
  process.stdout.write(table(name, results, run));
  if (values.results !== undefined) await keep(values.results, results, run);
  // Whoever looks closely slows down what is looked at; and a part of a run would replace the whole of another.
  else if (values.profile === undefined && values.spans === undefined && !values.only && !values.small) await keep(join(import.meta.dirname, 'results', 'latest.json'), results, run);
  process.exitCode = results.some(({ holds }) => holds === false) ? 1 : 0;
}
