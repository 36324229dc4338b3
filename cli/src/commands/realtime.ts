import { Asker } from '@mela/bus';
import { Id, isRefusal, realtime } from '@mela/contracts';
import { Command } from 'commander';
import { refused } from '../api.ts';
import { onBus } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { readLayers } from '../environment.ts';
import { usage } from '../fault.ts';
import { tellWhy } from '../realtime/why.ts';
import type { Terminal } from '../terminal.ts';

export const realtimeCommand = (terminal: Terminal): Command =>
  new Command('realtime').description('What the realtime gateways know').addCommand(
    command('why', 'Why a person was told of an event, or was not: what each gateway knows of it')
      .requiredOption('--person <id>', 'the person’s id')
      .requiredOption('--event <id>', 'the event’s id, as `mela events tail --json` shows it')
      .action((options: WhyOptions) => why(terminal, options)),
  );

interface WhyOptions extends Common {
  person: string;
  event: string;
}

async function why(terminal: Terminal, options: WhyOptions): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const [personId, eventId] = [idOf('--person', options.person), idOf('--event', options.event)];
  const { all } = await readLayers(terminal, [], folder);
  const answer = await onBus(all, async (nc) => {
    const outcome = await new Asker({ nc, mayAsk: new Set([realtime.why.id]) }).ask(realtime.why, { personId, eventId });
    if (isRefusal(outcome)) throw refused(outcome);
    return outcome;
  });
  say.data(answer, () => tellWhy(answer).join('\n'));
}

function idOf(option: string, text: string): string {
  const id = Id.safeParse(text);
  if (!id.success) throw usage(`${option} ${text} is not an id`, 'Write it like 01900000-0000-7000-8000-000000000007.');
  return id.data;
}
