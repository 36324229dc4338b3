import { rmSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { PartFault } from '@mela/infra';
import { Undo } from '@mela/chassis';
import type { Command } from 'commander';
import { Api } from '../api.ts';
import { begin, command, type Common, type Work } from '../command.ts';
import { demoPeopleKnown, readSeeded, seed, writeSeeded, type Seeded } from '../demo/seed.ts';
import { demoPeople, readers } from '../demo/world.ts';
import { Ending } from '../ending.ts';
import { collect, developmentFile, readLayers } from '../environment.ts';
import { Ended, explain, Fault } from '../fault.ts';
import { refuseSecondUp } from '../state.ts';
import { allTargets } from '../targets.ts';
import type { Terminal } from '../terminal.ts';
import { throwawayFolder } from '../up/ephemeral.ts';
import { startInstance, type Instance } from '../up/instance.ts';
import { readyLine, readySentence, welcome } from '../up/welcome.ts';

/** What still runs when a server is lost may wait for it in vain. */
const FAREWELL_MS = 10_000;

interface Options extends Common {
  ephemeral?: true;
  partsOnly?: true;
  seed: boolean;
  set?: readonly string[];
}

interface Run {
  undo: Undo;
  ending: Ending;
  lost: (fault: PartFault) => void;
}

export const upCommand = (terminal: Terminal): Command =>
  command('up', 'Start everything for development: servers, schemas, demo data, services and gateways')
    .option('--ephemeral', 'throw the data away at the end')
    .option('--parts-only', 'only PostgreSQL, NATS and Redis with their schemas; run the services with `mela run`')
    .option('--no-seed', 'no demo people and communities on a new database')
    .option('--set <NAME=value>', 'a setting, before any from the environment; may be repeated', collect)
    .addHelpText('after', '\nThe API takes port 8080 (API_PORT), realtime 8081 (REALTIME_PORT), the mailbox 8025 (MAILBOX_PORT) and the OpenID provider 8026 (OIDC_PORT); a default that is taken moves to the next free port.')
    .action((options: Options) => up(terminal, options));

async function up(terminal: Terminal, options: Options): Promise<void> {
  const work = begin(terminal, options);
  const ending = new Ending();
  const undo = new Undo();
  const loss = Promise.withResolvers<never>();
  loss.promise.catch(() => undefined);
  const folder = options.ephemeral ? await throwawayFolder(options.data, terminal.cwd) : work.folder;
  const removeFolder = () => options.ephemeral && rmSync(folder.path, { recursive: true, force: true, maxRetries: 3 });
  try {
    const starting = start(terminal, { ...work, folder }, options, { undo, ending, lost: loss.reject });
    const outcome = await Promise.race([starting.then(() => 'started' as const), ending.asked, loss.promise]);
    if (outcome === 'started') await Promise.race([ending.asked, loss.promise]);
    // Interrupted in the middle of a step, it is given a moment; the guardian ends the servers of a step that hangs.
    else await Promise.race([starting.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 2_000))]);
    work.say.step('Stopping');
    await undo.all().catch((fault: unknown) => {
      // A server that had ended by itself cannot be taken leave of.
      throw new Fault('up.unclean', `Stopped, but not cleanly: ${explain(fault).message}`);
    });
  } catch (fault) {
    await Promise.race([undo.all().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    throw fault;
  } finally {
    removeFolder();
    ending.close();
  }
  work.say.step(options.ephemeral ? 'Stopped; the data is gone' : 'Stopped');
  throw new Ended(ending.exit);
}

async function start(terminal: Terminal, { say, folder }: Work, options: Options, { undo, ending, lost }: Run): Promise<void> {
  await refuseSecondUp(folder);
  const { chosen } = await readLayers(terminal, options.set ?? [], folder);
  if (chosen['MELA_ENV'] === 'production')
    throw new Fault('up.production', '`mela up` is for development, and MELA_ENV is production.', { hint: 'In production run `mela migrate`, then `mela run <target…>` in each process.' });

  const tell = (line: string) => say.step(line);
  const partsOnly = options.partsOnly === true;
  const instance = await startInstance({ folder, chosen, targets: allTargets, partsOnly, throwaway: options.ephemeral === true, tell, lost, stopped: () => ending.begun }, undo);
  if (instance === undefined) return;
  if (partsOnly) return tellParts(instance, { say, folder }, options);

  const seeded = options.seed ? await seedOnce(instance, { say, folder }) : await readSeeded(folder);
  if (ending.begun) return;
  flushCompileCache();
  const ready = {
    addresses: instance.addresses,
    webUrl: instance.webUrl,
    people: seeded === undefined ? [] : demoPeople,
    openCommunity: seeded?.communities[readers.name],
    flag: folder.flag,
    seconds: say.elapsed(),
    throwaway: options.ephemeral === true,
  };
  if (say.json) say.step(`Ready at ${ready.addresses['api']}`);
  say.data(readyLine(ready), () => welcome(say, ready));
}

/** On a new database, or where an earlier start was stopped in the middle of it. */
async function seedOnce({ addresses, fresh }: Instance, { say, folder }: Work): Promise<Seeded | undefined> {
  const before = await readSeeded(folder);
  if (before?.complete && !fresh) return before;
  const api = new Api(addresses['api']!);
  if (before === undefined && !fresh && !(await demoPeopleKnown(api))) return undefined;
  // Noted first: a start that is killed now leaves a database that is no longer new.
  if (fresh) await writeSeeded(folder, { complete: false, communities: {} });
  const seeded = await seed(api, folder);
  say.step(`Demo data: ${demoPeople.map(({ name }) => name).join(', ')} and ${Object.keys(seeded.communities).length} communities`);
  return seeded;
}

function tellParts({ addresses, parts }: Instance, { say, folder }: Work, { ephemeral }: Options): void {
  const environment = folder.file(developmentFile);
  say.data({ environment, addresses, parts: parts.reports }, () =>
    ['', `The settings are in ${environment}. In another terminal:`, '', `  npx mela run all${folder.flag}`, '', readySentence(say, say.elapsed(), ephemeral === true)].join('\n'));
}
