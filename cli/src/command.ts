import { Command } from 'commander';
import { DataFolder } from './project.ts';
import { Say } from './say.ts';
import type { Terminal } from './terminal.ts';

/** What every command takes. */
export interface Common {
  json?: true;
  data?: string;
  yes?: true;
  /** False with `--no-input`. */
  input: boolean;
  verbose?: true;
}

export const command = (name: string, summary: string): Command => new Command(name).description(summary);

/** Given to every command that does something, after its own options. */
export function addCommon(command: Command): void {
  const data = command.createOption('--data <folder>', 'data folder of the development instance (default: .mela in the project)');
  command
    .optionsGroup('Everywhere:')
    .option('--json', 'answer with JSON on stdout, faults included');
  if (!command.options.some(({ long }) => long === data.long)) command.addOption(data);
  command
    .option('--yes', 'do not ask before a step that cannot be undone')
    .option('--no-input', 'never ask: what is missing is a fault')
    .option('--verbose', 'say more, such as where an unexpected fault happened');
}

export interface Work {
  readonly say: Say;
  readonly folder: DataFolder;
}

export function begin(terminal: Terminal, options: Common): Work {
  const startedAt = Number(terminal.env['MELA_STARTED_AT']) || Date.now();
  return { say: new Say(terminal, options.json === true, startedAt), folder: new DataFolder(options.data, terminal.cwd) };
}
