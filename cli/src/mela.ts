import { CommanderError } from 'commander';
import { Ended, exitCodes, explain } from './fault.ts';
import { program } from './program.ts';
import { Say } from './say.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line and answers its exit code. */
export async function mela(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.exit;
    // Help and version are thrown too. Asked for, they are an answer; shown because a word is missing, a fault in usage.
    if (thrown instanceof CommanderError && ['commander.helpDisplayed', 'commander.version'].includes(thrown.code)) return exitCodes.done;
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return exitCodes.usage;
    const fault = explain(thrown);
    const showStack = args.includes('--verbose') && thrown instanceof Error;
    new Say(terminal, args.includes('--json')).fault(fault, showStack ? thrown.stack : undefined);
    return fault.exit;
  }
}
