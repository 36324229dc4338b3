import { eventSubject, isFiller } from '@mela/bus';
import { mela } from '@mela/contracts';
import { DeliverPolicy } from '@nats-io/jetstream';
import { Command, InvalidArgumentError } from 'commander';
import { onBus } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { confirm } from '../confirm.ts';
import { inSchemaOf } from '../databases.ts';
import { Ending } from '../ending.ts';
import { readLayers } from '../environment.ts';
import { replay, serviceOf } from '../events/replay.ts';
import { follow, readStored, startAt, type StoredEvent } from '../events/stored.ts';
import { eventFromExample, publish } from '../events/trigger.ts';
import { Ended, usage } from '../fault.ts';
import type { Say } from '../say.ts';
import type { Terminal } from '../terminal.ts';

export const eventsCommand = (terminal: Terminal): Command =>
  new Command('events')
    .description('What happened: follow it, make it happen, apply it again')
    .addCommand(
      command('tail', 'Follow the event stream, a line for each event')
        .option('--type <type>', 'only events of this type, such as post.created')
        .option('--from <place>', 'begin at a place in the stream, a time, or as long ago as 10m; default: now')
        .action((options: TailOptions) => tail(terminal, options)),
    )
    .addCommand(
      command('trigger', 'Publish an event made from its contract’s example, as if its service had')
        .argument('<type>', 'such as post.created')
        .option('--with <json>', 'fields that are to differ from the example')
        .option('--aggregate <id>', 'id of what changed (default: from the data)')
        .option('--aggregate-version <n>', 'its version', wholeNumber)
        .action((type: string, options: TriggerOptions) => trigger(terminal, type, options)),
    )
    .addCommand(
      command('replay', 'Give a consumer the stored events that it has not applied')
        .requiredOption('--from <place>', 'a place in the stream, a time, or as long ago as 2h')
        .requiredOption('--consumer <name>', 'such as notifications.join-approved')
        .action((options: ReplayOptions) => replayTo(terminal, options)),
    );

interface TailOptions extends Common {
  type?: string;
  from?: string;
}

async function tail(terminal: Terminal, options: TailOptions): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const event = options.type === undefined ? undefined : mela.events.get(options.type);
  if (options.type !== undefined && !event) throw usage(`There is no event ${options.type}`, `There are: ${[...mela.events.keys()].sort().join(', ')}.`);
  const { all } = await readLayers(terminal, [], folder);
  const ending = new Ending();
  await onBus(all, async (nc) => {
    const messages = await follow(nc, {
      ...(options.from === undefined ? { deliver_policy: DeliverPolicy.New } : startAt(options.from)),
      ...(event ? { filter_subjects: eventSubject(event, '*') } : {}),
    });
    void ending.asked.then(() => messages.close());
    say.note(`Following ${options.type ?? 'every event'}. Ctrl-C ends it.`);
    for await (const message of messages) {
      if (isFiller(message.subject)) continue;
      const happened = readStored(message);
      say.data(happened, () => line(say, happened));
    }
  });
  throw new Ended(ending.exit);
}

const line = (say: Say, { seq, type, time, subject, aggregateVersion, data }: StoredEvent): string =>
  `${say.dim(`${seq}  ${time.slice(11, 23)}`)}  ${say.bold(type)}  ${subject} v${aggregateVersion}  ${JSON.stringify(data)}`;

interface TriggerOptions extends Common {
  with?: string;
  aggregate?: string;
  aggregateVersion?: number;
}

async function trigger(terminal: Terminal, type: string, options: TriggerOptions): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const event = eventFromExample({ type, fields: options.with, aggregate: options.aggregate, version: options.aggregateVersion });
  const { all } = await readLayers(terminal, [], folder);
  if (all['MELA_ENV'] === 'production') await confirm(terminal, options, `This publishes a ${type} that did not happen, in production`);
  const seq = await onBus(all, (nc) => publish(nc, event));
  say.data({ seq, id: event.eventId, type, subject: event.aggregateId, data: JSON.parse(Buffer.from(event.payload).toString()) as unknown }, () => `${type} ${event.eventId} is event ${seq} of the stream`);
}

interface ReplayOptions extends Common {
  from: string;
  consumer: string;
}

async function replayTo(terminal: Terminal, options: ReplayOptions): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const { from, consumer } = options;
  startAt(from);
  const { all } = await readLayers(terminal, [], folder);
  const replayed = await onBus(all, (nc) => inSchemaOf(serviceOf(consumer), all, (sql) => replay({ nc, sql, consumer, from })));
  say.data({ consumer, ...replayed }, () =>
    `${replayed.found} events found, ${replayed.handedOver} of them new to ${consumer} and handed to it`);
  if (replayed.handedOver > 0) say.note(`What cannot be applied will be in \`mela dlq list --consumer ${consumer}\`.`);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is to be a whole number from 1 on.');
}
