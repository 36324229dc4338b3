#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { handOver, projectNode, watchStarter } from './hand-over.mjs';

const cli = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(cli);
const main = join(cli, 'dist', 'main.js');
const oldest = 22;
const major = Number(process.versions.node.split('.')[0]);
const node = major >= 24 ? process.execPath : projectNode(root);

if (!existsSync(main)) fail('not_built', 'The mela command is not built yet.', 'Run `npm start` once, or `npm ci && npm run build`.');
else if (node === undefined)
  fail('node.too_old', `Node ${process.versions.node} is too old for Mela.`, `Run \`npm ci\`, which brings the right one along, or install Node ${oldest} or newer.`);
else if (node === process.execPath) {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache(join(root, 'node_modules', '.cache', 'mela-code'));
  watchStarter(() => process.kill(process.pid, 'SIGTERM'));
  await import(pathToFileURL(main).href);
} else process.exitCode = await handOver(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);

function fail(code, message, hint) {
  process.stderr.write(`${message}\n${hint}\n`);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ code, message, hint })}\n`);
  process.exitCode = 1;
}
