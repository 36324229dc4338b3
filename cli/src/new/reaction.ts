import { Fault } from '../fault.ts';
import { checkEventType, eventConstant, eventFile } from './names.ts';
import { Files, type Outcome } from './plan.ts';
import { addImport, addToList, insertBefore } from './source.ts';

/** A reaction to an event that is declared, entered in its service's manifest. */
export async function newReaction(root: string, service: string, type: string): Promise<Outcome> {
  checkEventType(type);
  const name = eventConstant(type);
  const file = `reactions/${eventFile(type)}.ts`;
  const files = new Files(root);
  await files.create(`services/${service}/src/${file}`, reaction(service, type, name));
  await files.edit(`services/${service}/src/${service}.module.ts`, (text) => {
    if (text.includes(`On${name}`)) throw new Fault('new.exists', `${service} hears ${type} already`);
    const imported = addImport(text, `./${file}`, [`On${name}`]);
    return imported.includes('  reactions: [') ? addToList(imported, '  reactions: ', `On${name}`) : insertBefore(imported, '  providers: [', `  reactions: [On${name}],`);
  });
  return files.write([`Say in services/${service}/src/${file} which use case ${type} is translated into`, `Add ${type} to what services/${service}/README.md says it hears`]);
}

const reaction = (service: string, type: string, name: string): string => `import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { ${name}, type EventOf } from '@mela/contracts';

/** Runs in the transaction that also remembers the event: both take effect, or neither does. */
@Hears(${name}, { as: '${service}.${eventFile(type)}' })
export class On${name} {
  async handle(_event: EventOf<typeof ${name}>, _tx: Tx): Promise<void> {}
}
`;
