import { envExample, settingsOf } from '@mela/chassis';
import type { Command } from 'commander';
import { begin, command, type Common } from '../command.ts';
import { examine, type Examined } from '../doctor/examine.ts';
import { readLayers } from '../environment.ts';
import { Ended, exitCodes } from '../fault.ts';
import type { Say } from '../say.ts';
import { allTargets } from '../targets.ts';
import type { Terminal } from '../terminal.ts';

export const doctorCommand = (terminal: Terminal): Command =>
  command('doctor', 'What is found on this machine, what is missing, and how to get it; changes nothing')
    .option('--env-example', 'print .env.example: every setting there is')
    .action(async (options: Common & { envExample?: true }) => {
      const { say, folder } = begin(terminal, options);
      if (options.envExample) {
        const text = envExample(settingsOf(allTargets)).trimEnd();
        return say.data({ envExample: text }, () => text);
      }
      const { chosen } = await readLayers(terminal, [], folder);
      const examined = await examine({ folder, chosen, targets: allTargets });
      const ok = examined.every((one) => one.ok);
      say.data({ ok, examined }, () => report(say, examined, options.verbose === true));
      if (!ok) throw new Ended(exitCodes.failed);
    });

function report(say: Say, examined: readonly Examined[], verbose: boolean): string {
  const width = Math.max(...examined.map(({ what }) => what.length));
  const lines = examined.flatMap(({ what, ok, found, remedy, passedOver = [] }) => [
    `${ok ? 'ok     ' : say.red('missing')}  ${what.padEnd(width)}  ${found}`,
    ...(verbose || !ok ? passedOver.map((reason) => say.dim(`${' '.repeat(width + 11)}passed over: ${reason}`)) : []),
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 11)}${remedy}`]),
  ]);
  const wrong = examined.filter((one) => !one.ok).length;
  return [...lines, '', wrong === 0 ? 'Everything is there: `npm start`.' : `${wrong} of ${examined.length} need your help.`].join('\n');
}
