/** What `npm start` runs on a machine that has Node and nothing else: makes the clone ready and hands over to `mela up`. */
import { join } from 'node:path';
import { handOver } from './bin/hand-over.mjs';
import { prepare, root, startedAt } from './bin/prepare.mjs';

process.stderr.on('error', () => undefined);
process.stdout.on('error', () => undefined);

const node = await prepare();
process.exitCode =
  node === undefined
    ? 1
    : await handOver(node, [join(root, 'cli', 'bin', 'mela.mjs'), 'up', ...process.argv.slice(2)], { ...process.env, MELA_STARTED_AT: String(startedAt) });
