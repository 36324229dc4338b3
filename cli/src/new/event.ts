import { Fault } from '../fault.ts';
import { capitalised, checkEventType, eventConstant } from './names.ts';
import { Files, type Outcome } from './plan.ts';
import { addImport, insertBefore } from './source.ts';

/** An event, declared beside the others of its service. Who emits it and who hears it is written by hand. */
export async function newEvent(root: string, service: string, type: string): Promise<Outcome> {
  checkEventType(type);
  const [noun, verb] = type.split('.') as [string, string];
  const name = eventConstant(type);
  const path = `libs/contracts/src/${service}.ts`;
  const files = new Files(root);

  await files.edit(path, (text) => {
    if (text.includes(`event('${type}'`)) throw new Fault('new.exists', `${type} is declared already`);
    const declared = insertBefore(text, `export const ${service} = service(`, declaration(name, noun, verb));
    return addImport(addImport(declared, './language/event.ts', ['event']), './language/models.ts', ['Id', 'id']);
  });
  return files.write([
    `Say in ${path} what ${type} carries, who hears it (audience), and which operations emit it (emits)`,
    `tx.emit(${name}, …) where it happens, in services/${service}`,
    'npm run contracts:accept',
    `npx mela new reaction <service> ${type}, for every service that hears it`,
  ]);
}

const declaration = (name: string, noun: string, verb: string): string => `export const ${name} = event('${noun}.${verb}', {
  summary: '${capitalised(noun)} ${verb.replaceAll('_', ' ')}',
  aggregate: '${noun}',
  data: z.object({ ${noun}Id: Id }),
  example: { ${noun}Id: id(1) },
});
`;
