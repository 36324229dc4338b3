import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addCommon } from './command.ts';
import { adminCommand } from './commands/admin.ts';
import { auditCommand } from './commands/audit.ts';
import { completionsCommand } from './commands/completions.ts';
import { deployCommand } from './commands/deploy.ts';
import { dlqCommand } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eventsCommand } from './commands/events.ts';
import { keysCommand } from './commands/keys.ts';
import { listenCommand } from './commands/listen.ts';
import { migrateCommand } from './commands/migrate.ts';
import { newCommand } from './commands/new.ts';
import { realtimeCommand } from './commands/realtime.ts';
import { runCommand } from './commands/run.ts';
import { seedCommand } from './commands/seed.ts';
import { targetsCommand } from './commands/targets.ts';
import { traceCommand } from './commands/trace.ts';
import { upCommand } from './commands/up.ts';
import type { Terminal } from './terminal.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** The whole command tree. Nothing in it ends the process: faults are thrown and told in one place. */
export function program(terminal: Terminal): Command {
  const mela = new Command('mela')
    .description('One event-driven backend for membership organisations')
    .version(version, '--version', 'show the version');
  const commands = [
    upCommand, runCommand, targetsCommand, migrateCommand, seedCommand, doctorCommand,
    eventsCommand, traceCommand, dlqCommand, listenCommand, realtimeCommand, adminCommand, auditCommand, keysCommand,
    deployCommand, newCommand, completionsCommand,
  ];
  for (const build of commands) mela.addCommand(build(terminal));
  agree(mela, terminal);
  return mela;
}

/** What all commands have in common, written once. */
function agree(command: Command, terminal: Terminal): void {
  if (command.commands.length === 0) addCommon(command);
  command.helpOption('-h, --help', 'show this help').helpCommand(false).exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text),
    writeErr: (text) => terminal.err(text),
    outputError: () => undefined, // thrown as well, and told as every fault is
    getOutHasColors: () => terminal.colour,
    getErrHasColors: () => terminal.colour,
  });
  for (const child of command.commands) agree(child, terminal);
}
