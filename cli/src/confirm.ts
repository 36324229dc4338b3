import type { Common } from './command.ts';
import { usage } from './fault.ts';
import type { Terminal } from './terminal.ts';

/** Before what cannot be undone. Where nobody can be asked, `--yes` is the answer. */
export async function confirm(terminal: Terminal, options: Common, what: string): Promise<void> {
  if (options.yes) return;
  if (!options.input || !terminal.interactive || options.json) throw usage(`${what}: this needs a yes`, 'Add --yes.');
  const answer = await terminal.ask(`${what}. Go on? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw usage('Nothing was done.');
}
