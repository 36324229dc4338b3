import { Command } from 'commander';
import { begin, command, type Common } from '../command.ts';
import { newEvent, newOperation, newReaction, newService, type Outcome } from '../new/index.ts';
import { projectRoot } from '../project.ts';
import type { Terminal } from '../terminal.ts';

export const newCommand = (terminal: Terminal): Command => {
  const told = (options: Common, { created, edited, next }: Outcome) =>
    begin(terminal, options).say.data({ created, edited, next }, () =>
      [...created.map((path) => `created  ${path}`), ...edited.map((path) => `edited   ${path}`), '', 'Next:', ...next.map((step) => `  ${step}`)].join('\n'));

  return new Command('new')
    .description('Write the beginnings of a service, an operation, an event or a reaction')
    .addCommand(
      command('service', 'A service in the house’s shape, known to contracts, build and command line')
        .argument('<name>', 'what it keeps, in the plural: notices')
        .action(async (name: string, options: Common) => told(options, await newService(projectRoot, name))),
    )
    .addCommand(
      command('operation', 'An operation, from the contract to the use case')
        .argument('<service>')
        .argument('<name>', 'such as cancel; booking/cancel where a service has several aggregates')
        .action(async (service: string, name: string, options: Common) => told(options, await newOperation(projectRoot, service, name))),
    )
    .addCommand(
      command('event', 'An event, declared beside the others of its service')
        .argument('<service>')
        .argument('<type>', 'such as order.status_changed')
        .action(async (service: string, type: string, options: Common) => told(options, await newEvent(projectRoot, service, type))),
    )
    .addCommand(
      command('reaction', 'A service’s reaction to an event')
        .argument('<service>')
        .argument('<type>', 'such as order.status_changed')
        .action(async (service: string, type: string, options: Common) => told(options, await newReaction(projectRoot, service, type))),
    );
};
