import { DeadLetters, NoSuchDeadLetter, replayBellOf, type DeadLetter, type DeadLetterFilter } from '@mela/bus';
import { databaseSetting, type Environment } from '@mela/chassis';
import { Command, Option } from 'commander';
import { onBus } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { confirm } from '../confirm.ts';
import { inSchemaOf } from '../databases.ts';
import { readLayers } from '../environment.ts';
import { serviceOf } from '../events/replay.ts';
import { Fault, usage } from '../fault.ts';
import { table } from '../say.ts';
import { allTargets, servicesOf } from '../targets.ts';
import type { Terminal } from '../terminal.ts';

const consumerArgument = 'the consumer’s name, as `mela dlq list` shows it';

export const dlqCommand = (terminal: Terminal): Command =>
  new Command('dlq')
    .description('Events that could not be applied')
    .addCommand(
      command('list', 'The dead letters of all services')
        .option('--consumer <name>', 'only this consumer’s')
        .addOption(new Option('--state <state>', 'only those in this state').choices(['dead', 'replay', 'discarded']))
        .action((options: ListOptions) => list(terminal, options)),
    )
    .addCommand(
      command('show', 'One dead letter, with its payload and the error')
        .argument('<consumer>', consumerArgument)
        .argument('<event>', 'the event’s id')
        .action((consumer: string, event: string, options: Common) => show(terminal, consumer, event, options)),
    )
    .addCommand(
      command('replay', 'Apply a dead letter once more, under its own id; without an event, all of the consumer’s')
        .argument('<consumer>', consumerArgument)
        .argument('[event]', 'the event’s id')
        .action((consumer: string, event: string | undefined, options: Common) => replay(terminal, consumer, event, options)),
    )
    .addCommand(
      command('discard', 'Give an event up: it will never be applied by this consumer')
        .argument('<consumer>', consumerArgument)
        .argument('<event>', 'the event’s id')
        .action((consumer: string, event: string, options: Common) => discard(terminal, consumer, event, options)),
    );

interface ListOptions extends Common {
  consumer?: string;
  state?: NonNullable<DeadLetterFilter['state']>;
}

async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const { all } = await readLayers(terminal, [], folder);
  const { consumer, state } = options;
  const services = consumer === undefined ? servicesWithUrl(all) : [known(consumer)];
  const filter: DeadLetterFilter = { ...(consumer === undefined ? {} : { consumer }), ...(state === undefined ? {} : { state }) };
  const letters = (await Promise.all(services.map((service) => inSchemaOf(service, all, (sql) => everyLetter(new DeadLetters(sql), filter))))).flat();
  say.data(letters.map(brief), () =>
    letters.length === 0 ? 'No dead letters' : table(letters.map((letter) => [letter.consumer, letter.eventId, letter.type, letter.state, firstLine(letter.error)])));
}

async function show(terminal: Terminal, consumer: string, eventId: string, options: Common): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const [service, id] = [known(consumer), idOf(eventId)];
  const { all } = await readLayers(terminal, [], folder);
  const letter = await inSchemaOf(service, all, (sql) => new DeadLetters(sql).show(consumer, id));
  if (!letter) throw noSuch(consumer, eventId);
  const { headers, payload, error, ...facts } = letter;
  say.data(letter, () => [
    table(Object.entries(facts).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : String(value)])),
    '', 'headers', table(Object.entries(headers), '  '), '', 'payload', `  ${payload}`, '', 'error', error,
  ].join('\n'));
}

async function replay(terminal: Terminal, consumer: string, eventId: string | undefined, options: Common): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const [service, chosen] = [known(consumer), eventId === undefined ? undefined : idOf(eventId)];
  const { all } = await readLayers(terminal, [], folder);
  const replayed = await inSchemaOf(service, all, async (sql) => {
    const dead = new DeadLetters(sql);
    const ids = chosen === undefined ? (await everyLetter(dead, { consumer, state: 'dead' })).map((letter) => letter.eventId) : [chosen];
    for (const id of ids) await dead.replay(consumer, id).catch(told(consumer, id));
    return ids;
  });
  if (replayed.length > 0) await ring(all, service);
  say.data({ consumer, replayed }, () => `${replayed.length} to be applied again by whoever hosts ${consumer}`);
}

async function discard(terminal: Terminal, consumer: string, eventId: string, options: Common): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const id = idOf(eventId);
  const service = known(consumer);
  await confirm(terminal, options, `${consumer} will never apply ${id}`);
  const { all } = await readLayers(terminal, [], folder);
  await inSchemaOf(service, all, (sql) => new DeadLetters(sql).discard(consumer, id).catch(told(consumer, id)));
  say.data({ consumer, discarded: id }, () => `Discarded ${id}`);
}

async function everyLetter(dead: DeadLetters, filter: DeadLetterFilter): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (;;) {
    const last = letters.at(-1);
    const page = await dead.list({ ...filter, limit: 500, ...(last ? { after: { eventId: last.eventId, consumer: last.consumer } } : {}) });
    letters.push(...page);
    if (page.length < 500) return letters;
  }
}

/** The host looks for itself every few seconds; this only makes it look now. */
async function ring(environment: Environment, service: string): Promise<void> {
  if (environment['NATS_URL'] === undefined) return;
  await onBus(environment, async (nc) => {
    nc.publish(replayBellOf(service));
    await nc.flush();
  }).catch(() => undefined);
}

function servicesWithUrl(environment: Environment): string[] {
  const services = servicesOf(allTargets).map(({ name }) => name);
  const reachable = services.filter((service) => environment[databaseSetting(service)] !== undefined);
  if (reachable.length > 0) return reachable;
  throw new Fault('settings.invalid', `${services.map(databaseSetting).join(', ')} are missing: where the services keep their dead letters.`, {
    hint: 'Start `mela up` first (or name its folder with --data), or set them.',
  });
}

function known(consumer: string): string {
  const services = servicesOf(allTargets).map(({ name }) => name);
  const service = serviceOf(consumer);
  if (services.includes(service)) return service;
  throw usage(`${consumer} belongs to no service`, `A consumer’s name begins with its service’s: ${services.join(', ')}.`);
}

function idOf(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw usage(`${text} is not an event’s id`, '`mela dlq list` shows the ids.');
}

const noSuch = (consumer: string, eventId: string): Fault => new Fault('dlq.not_found', `${consumer} has no dead letter ${eventId}`, { hint: '`mela dlq list` shows them all.' });

const told = (consumer: string, eventId: string) => (fault: unknown): never => {
  throw fault instanceof NoSuchDeadLetter ? noSuch(consumer, eventId) : fault;
};

const brief = ({ consumer, eventId, type, state, attempts, createdAt, error }: DeadLetter) => ({ consumer, eventId, type, state, attempts, createdAt, error: firstLine(error) });

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
