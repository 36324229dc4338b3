/**
 * Makes a fresh clone ready to run: installs what is missing and builds what changed, and says what it does meanwhile.
 * Plain JavaScript on Node 18 and later, without dependencies.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectNode, watchStarter } from './hand-over.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const startedAt = Date.now();
const modules = join(root, 'node_modules');
const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
export const say = (text) => process.stderr.write(`${seconds()}  ${text}\n`);

/** The Node to go on with, or undefined when something failed and has been told. `also`: folders with packages of their own. */
export async function prepare(also = []) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 18) return fail('node.too_old', `Node ${process.versions.node} is too old.`, 'Install Node 18 or newer.');

  for (const folder of [root, ...also]) {
    const why = whyInstall(folder);
    if (why === undefined) continue;
    const npm = ownNpm();
    const installed = await attempt(`Installing packages: ${why}`, npm.command, [...npm.args, 'ci', '--no-audit', '--no-fund', '--include=dev'], npm.env, folder);
    if (installed.code !== 0) return fail('install.failed', installed.said, adviceOn(installed.said));
    say(`Packages are installed${folder === root ? '' : ` for ${basename(folder)}`}`);
  }

  const node = projectNode(root);
  if (node === undefined)
    return fail('node.missing', `The packages brought no Node along, and Node ${process.versions.node} is too old to run Mela.`, 'Run `npm ci` without --ignore-scripts, or install Node 22 or newer.');

  const built = await attempt('Building what changed', node, [join(modules, '.bin', 'tsc'), '-b', root], process.env);
  if (built.code !== 0) return fail('build.failed', built.said, 'The sources do not compile. Undo what was changed last, or mend what is named above.');
  return node;
}

/** A reason to install, or undefined. The lock file's contents decide: git touches it for many a reason. */
function whyInstall(folder) {
  const [wanted, had] = [join(folder, 'package-lock.json'), join(folder, 'node_modules', '.package-lock.json')];
  if (!existsSync(had)) return folder === root ? 'the first time takes a minute or two' : `those of ${basename(folder)} alone`;
  if (statSync(wanted).mtimeMs <= statSync(had).mtimeMs) return undefined;
  const [want, have] = [wanted, had].map((file) => JSON.parse(readFileSync(file, 'utf8')).packages || {});
  const differs = Object.keys(want).some((path) => {
    if (!path.includes('node_modules/')) return false;
    if (have[path] === undefined) return !want[path].optional && !want[path].devOptional;
    return have[path].version !== want[path].version || have[path].integrity !== want[path].integrity;
  });
  return differs ? 'package-lock.json has changed' : undefined;
}

/** npm as the person runs it, on a Node outside node_modules: installing replaces the one inside. */
function ownNpm() {
  const env = { ...process.env };
  env.PATH = (env.PATH || '').split(delimiter).filter((folder) => !folder.startsWith(modules)).join(delimiter);
  const outside = [process.execPath, env.npm_node_execpath].find((file) => file && existsSync(file) && !file.startsWith(modules + sep));
  const script = env.npm_execpath;
  if (outside && script && basename(script) === 'npm-cli.js' && existsSync(script)) return { command: outside, args: [script], env };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [], env };
}

/** Runs a step to its end, shows that it goes on, and keeps what it said for the case that it fails. */
function attempt(title, command, args, env, cwd = root) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (chunk) => (said = (said + chunk).slice(-20_000));
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const quiet = progress(title);
    const end = (code) => {
      child.kill('SIGTERM');
      process.exit(code);
    };
    const ends = { SIGINT: () => end(130), SIGTERM: () => end(143), SIGHUP: () => end(129) };
    for (const signal of Object.keys(ends)) process.on(signal, ends[signal]);
    const unwatch = watchStarter(() => end(143));
    const done = (code) => {
      for (const signal of Object.keys(ends)) process.off(signal, ends[signal]);
      unwatch();
      quiet();
      // npm warns of much that is no reason to fail.
      resolve({ code, said: said.split('\n').filter((line) => !/^npm warn/i.test(line)).join('\n').trim() });
    };
    child.on('error', (fault) => {
      hear(`${command}: ${fault.message}`);
      done(1);
    });
    child.on('close', (code) => done(code === null ? 1 : code));
  });
}

/** A spinner where a person looks on, a line now and then where a log is written. */
function progress(title) {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') {
    say(title);
    const timer = setInterval(() => say(`${title.split(':')[0]} …`), 15_000);
    return () => clearInterval(timer);
  }
  const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
  let turn = 0;
  const timer = setInterval(() => process.stderr.write(`\r${seconds()}  ${frames[turn++ % frames.length]} ${title}`), 100);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\u001b[2K');
    say(title);
  };
}

function fail(code, message, hint) {
  process.stderr.write(`\n${message.split('\n').slice(-25).join('\n')}\n\n${hint}\n`);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ code, message, hint })}\n`);
  return undefined;
}

function adviceOn(said) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network/i.test(said))
    return 'npm cannot reach the package registry. Is this machine online? Behind a proxy, set HTTPS_PROXY; `npm ping` tells whether it works. Then run `npm start` again.';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(said)) return 'The registry’s certificate is not trusted here. Set NODE_EXTRA_CA_CERTS to your organisation’s authority, then run `npm start` again.';
  if (/ENOSPC/.test(said)) return 'The disk is full: the packages need about 1 GB. Free some space, then run `npm start` again.';
  if (/EACCES|EPERM/.test(said)) return `This user may not write to ${root}. Run as the user who cloned it, not with sudo.`;
  if (/EUSAGE|in sync/.test(said)) return 'package.json and package-lock.json disagree. Undo the change, or run `npm install` once to write a new lock file.';
  if (/ENOENT/.test(said) && /^npm/.test(said.split('\n').pop() || '')) return 'npm was not found. It comes with Node: install Node 18 or newer.';
  return 'Run `npm ci` by hand to see all that npm has to say, then run `npm start` again.';
}
