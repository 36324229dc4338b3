/** What `npm run bench -- <name>` runs: makes the clone ready, then measures. */
import { join } from 'node:path';
import { handOver } from '../cli/bin/hand-over.mjs';
import { prepare, root } from '../cli/bin/prepare.mjs';

const here = join(root, 'bench');
const node = await prepare([here]);
process.exitCode = node === undefined ? 1 : await handOver(node, [join(here, 'main.mjs'), ...process.argv.slice(2)]);
