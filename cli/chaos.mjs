/** What `npm run chaos` runs: makes the clone ready, then breaks it. */
import { join } from 'node:path';
import { handOver } from './bin/hand-over.mjs';
import { prepare, root } from './bin/prepare.mjs';

const node = await prepare();
process.exitCode = node === undefined ? 1 : await handOver(node, [join(root, 'chaos', 'dist', 'main.js'), ...process.argv.slice(2)]);
