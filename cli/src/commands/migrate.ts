import { STREAM } from '@mela/bus';
import { databaseSetting, type Environment } from '@mela/chassis';
import type { Command } from 'commander';
import { prepareStream } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { collect, readLayers } from '../environment.ts';
import { Fault } from '../fault.ts';
import type { DataFolder } from '../project.ts';
import { table, type Say } from '../say.ts';
import { passwordName, prepareSchemas } from '../schemas.ts';
import { Secrets } from '../secrets.ts';
import { allTargets, servicesOf } from '../targets.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends Common {
  showUrls?: true;
  set?: readonly string[];
}

/** In production nothing is made up: a password made on one machine would lock out the services that hold another. */
async function passwordsOf(names: readonly string[], all: Environment, folder: DataFolder): Promise<Record<string, string>> {
  const missing = names.filter((name) => all[name] === undefined);
  if (missing.length > 0 && all['MELA_ENV'] === 'production')
    throw new Fault('settings.invalid', `Missing: ${missing.join(', ')}`, { hint: 'In production choose each role’s password, or set the services’ own <SERVICE>_DATABASE_URL.' });
  const made = missing.length === 0 ? {} : await (await Secrets.open(folder)).take(missing);
  return Object.fromEntries(names.map((name) => [name, all[name] ?? made[name] ?? '']));
}

export const migrateCommand = (terminal: Terminal): Command =>
  command('migrate', 'Give every service its role and schema, apply what its schema lacks, and make the event stream')
    .option('--show-urls', 'print the services’ database URLs, passwords included')
    .option('--set <NAME=value>', 'a setting, before any from the environment; may be repeated', collect)
    .addHelpText('after', '\nRoles and schemas are made with DATABASE_ADMIN_URL. A service whose own <SERVICE>_DATABASE_URL is set has them already.\nThe stream is made where NATS_URL leads, under the user operator with OPERATOR_NATS_PASSWORD unless the URL names another.\nIn production each role’s password is <SERVICE>_DATABASE_PASSWORD; in development it is made and kept in the data folder.')
    .action(async (options: Options) => {
      const { say, folder } = begin(terminal, options);
      const { all } = await readLayers(terminal, options.set ?? [], folder);
      const services = servicesOf(allTargets);
      const without = services.filter(({ name }) => all[databaseSetting(name)] === undefined).map(({ name }) => name);
      const adminUrl = all['DATABASE_ADMIN_URL'];
      if (without.length > 0 && adminUrl === undefined)
        throw new Fault('settings.invalid', `DATABASE_ADMIN_URL is missing, and so are the URLs of ${without.join(', ')}.`, {
          hint: 'Set DATABASE_ADMIN_URL to a PostgreSQL user that may create roles and schemas, or start `mela up`.',
        });
      const passwords = await passwordsOf(without.map(passwordName), all, folder);
      const schemas = await prepareSchemas({ services, environment: all, adminUrl, passwords });
      const stream = await prepared(all, say);
      const told = schemas.map(({ service, url, applied }) => ({ service, applied, ...(options.showUrls ? { setting: databaseSetting(service), url } : {}) }));
      say.data([...told, ...stream], () => table([
        ...schemas.map(({ service, url, applied }) => [
          options.showUrls ? `${databaseSetting(service)}=${url}` : service,
          options.showUrls ? '' : applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`,
        ]),
        ...(options.showUrls ? [] : stream.map(({ stream: name, made }) => [name, made ? 'made' : 'up to date'])),
      ]));
    });

async function prepared(all: Environment, say: Say): Promise<{ stream: string; made: boolean }[]> {
  if (all['NATS_URL'] !== undefined) return [{ stream: STREAM, made: await prepareStream(all) }];
  say.note('NATS_URL is not set: nobody looked whether there is an event stream.');
  return [];
}
