import { readSettings, runTargets, settingsOf, type Environment, type Target } from '@mela/chassis';
import type { Command } from 'commander';
import { begin, command, type Common } from '../command.ts';
import { Ending } from '../ending.ts';
import { collect, layered, readLayers } from '../environment.ts';
import { Ended } from '../fault.ts';
import { table } from '../say.ts';
import { chooseTargets, settingNames } from '../targets.ts';
import type { Terminal } from '../terminal.ts';
import { pagesOf } from '../up/pages.ts';
import { choosePorts, defaultPorts } from '../up/ports.ts';

interface Options extends Common {
  set?: readonly string[];
}

export const runCommand = (terminal: Terminal): Command =>
  command('run', 'Host targets in this process: all of them, or those named')
    .argument('<target...>', '`all`, or names from `mela targets`')
    .option('--set <NAME=value>', 'a setting, before any from the environment; may be repeated', collect)
    .addHelpText('after', '\nSettings come from flags, the environment, .env in the working directory, and in development from what `mela up` wrote into the data folder.')
    .action((names: string[], options: Options) => run(terminal, chooseTargets(names), options));

async function run(terminal: Terminal, targets: readonly Target[], options: Options): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const ending = new Ending();
  const { chosen, development, all } = await readLayers(terminal, options.set ?? [], folder);
  readSettings(settingsOf(targets), all);
  const environment = await withPorts(targets, chosen, development, all, (line) => say.note(line));

  const starting = runTargets(targets, environment);
  const outcome = await Promise.race([starting.then(() => 'started' as const), ending.asked]);
  if (outcome === 'started') {
    const { addresses } = await starting;
    const names = targets.map(({ name }) => name);
    say.data({ ready: true, pid: process.pid, targets: names, addresses }, () => `Ready: ${names.join(', ')}\n${table(Object.entries(addresses), '  ')}`);
    await ending.asked;
  }
  const running = await starting.catch(() => undefined);
  await running?.stop();
  ending.close();
  throw new Ended(ending.exit);
}

/** In production a port is what the settings say. In development a second gateway moves to a free one. */
async function withPorts(targets: readonly Target[], chosen: Environment, development: Environment, all: Environment, tell: (line: string) => void): Promise<Environment> {
  const fixed = chosen['MELA_ENV'] === 'production' ? layered([defaultPorts, chosen]) : chosen;
  const ports = await choosePorts({ chosen: fixed, suggested: development, settings: settingNames(targets), tell });
  // Where the API listens in the end, its pages are.
  const pages = chosen['MELA_ENV'] === 'production' || ports['API_PORT'] === undefined ? {} : { WEB_URL: pagesOf({ ...all, ...ports }) };
  return layered([all, pages, chosen, ports]);
}
