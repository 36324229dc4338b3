import { Asker } from '@mela/bus';
import { identity, isRefusal, type AuditEntry } from '@mela/contracts';
import { Command } from 'commander';
import { refused } from '../api.ts';
import { onBus } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { readLayers } from '../environment.ts';
import { usage } from '../fault.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends Common {
  from?: string;
  to?: string;
}

interface Period {
  readonly from?: string;
  readonly to?: string;
}

export const auditCommand = (terminal: Terminal): Command =>
  new Command('audit').description('What was noted of people, and of those who look after them').addCommand(
    command('export', 'The audit log, a line of JSON for each entry, the latest first')
      .option('--from <time>', 'leave out what is older: a day, or an instant (2026-11-01, 2026-11-01T06:00:00Z)')
      .option('--to <time>', 'leave out what is of this moment or later')
      .addHelpText('after', '\n`mela audit export --from 2026-11-01 > audit.ndjson`. It asks over the message bus, as the operator of the instance, and leaves a note in the log.')
      .action((options: Options) => exported(terminal, options)),
  );

async function exported(terminal: Terminal, options: Options): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const period = { ...moment('from', options.from), ...moment('to', options.to) };
  const { all } = await readLayers(terminal, [], folder);
  let entries = 0;
  await onBus(all, async (nc) => {
    for await (const entry of everything(new Asker({ nc, mayAsk: new Set([identity.exportAudit.id]) }), period)) {
      terminal.out(`${JSON.stringify(entry)}\n`);
      entries += 1;
    }
  });
  say.note(`${entries} ${entries === 1 ? 'entry' : 'entries'}`);
}

function moment(name: keyof Period, text: string | undefined): Period {
  if (text === undefined) return {};
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw usage(`--${name} is no time: ${text}`, 'Write a day or an instant, such as 2026-11-01 or 2026-11-01T06:00:00Z.');
  return { [name]: at.toISOString() };
}

/** Page by page: the log may be longer than any answer. */
async function* everything(asker: Asker, period: Period): AsyncGenerator<AuditEntry> {
  for (let after: string | undefined; ; ) {
    const page = await asker.ask(identity.exportAudit, { ...period, ...(after === undefined ? {} : { after }) });
    if (isRefusal(page)) throw refused(page);
    yield* page.items;
    if (page.next === null) return;
    after = page.next;
  }
}
