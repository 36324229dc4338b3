import type { Command } from 'commander';
import { findApi } from '../api.ts';
import { begin, command, type Common } from '../command.ts';
import { seed } from '../demo/seed.ts';
import { demoPeople } from '../demo/world.ts';
import { table } from '../say.ts';
import type { Terminal } from '../terminal.ts';

export const seedCommand = (terminal: Terminal): Command =>
  command('seed', 'Add the demo people, communities and posts, through the API; what is there stays')
    .option('--api <address>', 'address of the API (default: the running instance’s)')
    .action(async (options: Common & { api?: string }) => {
      const { say, folder } = begin(terminal, options);
      const { communities } = await seed(await findApi(folder, options.api), folder);
      const people = demoPeople.map(({ name, email, password }) => ({ name, email, password }));
      say.data({ people, communities }, () =>
        [table(people.map(({ name, email, password }) => [name, email, password])), '', table(Object.entries(communities))].join('\n'));
    });
