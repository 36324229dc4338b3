import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, usage } from '../fault.ts';
import { capitalised, checkOperationName, singular, wordsFor, wordsOf, type Words } from './names.ts';
import { Files, type Outcome } from './plan.ts';
import { addImport, appendToBlock, unfamiliar } from './source.ts';

interface Asked {
  readonly service: string;
  /** The aggregate it is about. */
  readonly words: Words;
  readonly name: string;
  readonly kind: 'command' | 'query';
}

const reads = /^(find|get|list|search|count|show|read|is|has|may)(?=[A-Z]|$)/;

/** An operation, from the contract to the use case: `cancel`, or `booking/cancel` where a service has several aggregates. */
export async function newOperation(root: string, service: string, named: string): Promise<Outcome> {
  const [name, given] = named.split('/').toReversed() as [string, string | undefined];
  checkOperationName(name);
  const words = wordsFor(await aggregateOf(root, service, given));
  const asked: Asked = { service, words, name, kind: reads.test(name) ? 'query' : 'command' };
  const folder = `services/${service}/src/${words.noun}/${words.noun}`;
  const files = new Files(root);

  await files.edit(`libs/contracts/src/${service}.ts`, (text) => inContract(text, asked));
  await files.edit(`${folder}.api.ts`, (text) => inApi(text, asked));
  await files.edit(`${folder}.service.ts`, (text) => inService(text, asked));
  return files.write([
    `Say in libs/contracts/src/${service}.ts what ${service}.${name} takes, answers, and who may ask for it`,
    `Write what it does in ${folder}.service.ts, and what decides it in ${folder}.ts`,
  ]);
}

/** The only aggregate of a service need not be named. */
async function aggregateOf(root: string, service: string, given: string | undefined): Promise<string> {
  const source = join(root, 'services', service, 'src');
  const folders = await readdir(source, { recursive: true }).catch(() => {
    throw usage(`There is no service ${service}`);
  });
  const found = folders.flatMap((path) => /^(\w+(?:-\w+)*)\/\1\.api\.ts$/.exec(path)?.[1] ?? []).toSorted();
  const chosen = given ?? (found.length === 1 ? found[0] : undefined);
  if (chosen !== undefined && found.includes(chosen)) return chosen;
  throw usage(`Which part of ${service} is it about: ${found.join(', ')}?`, `Name it before the operation: ${found[0] ?? 'aggregate'}/cancel.`);
}

function inContract(text: string, { service, words: { noun, key, some }, name, kind }: Asked): string {
  if (new RegExp(`^  ${name}: (command|query|hearing)\\(`, 'm').test(text)) throw new Fault('new.exists', `${service}.${name} is declared already`);
  const collection = singular(service) === noun ? `/${service}` : `/${service}/${noun}s`;
  const path = `${collection}/:${key}/${wordsOf(name).replaceAll(' ', '-')}`;
  const declared = appendToBlock(
    text,
    `export const ${service} = service('${service}', {`,
    `  ${name}: ${kind}({
    summary: '${summaryOf(name, some)}',
    http: '${kind === 'command' ? 'POST' : 'GET'} ${path}',
    access: person,
    limit: perUser(${kind === 'command' ? 60 : 600}, '1m'),
    input: z.object({ ${key}: Id }),
    output: z.object({ ${key}: Id }),
  }),
`,
  );
  return [
    ['./language/access.ts', 'person'] as const,
    ['./language/limit.ts', 'perUser'] as const,
    ['./language/models.ts', 'Id'] as const,
    ['./language/operation.ts', kind] as const,
  ].reduce((edited, [source, imported]) => addImport(edited, source, [imported]), declared);
}

/** "Cancel an order", but "List members": two words say already what it is about. */
const summaryOf = (name: string, some: string): string => (/[A-Z]/.test(name) ? capitalised(wordsOf(name)) : `${capitalised(name)} ${some}`);

function inApi(text: string, { service, words, name }: Asked): string {
  const field = new RegExp(`private readonly (\\w+): ${words.type}Service\\b`).exec(text)?.[1];
  if (!field) throw unfamiliar(`${words.type}Service in the constructor of ${words.type}Api`);
  const edited = appendToBlock(
    text,
    `export class ${words.type}Api {`,
    `
  @Handles(${service}.${name})
  ${name}(input: In<typeof ${service}.${name}>, caller: Caller) {
    return this.${field}.${name}(caller, input);
  }
`,
  );
  return addImport(addImport(edited, '@mela/bus', ['Handles', 'type Caller']), '@mela/contracts', [service, 'type In']);
}

function inService(text: string, { service, words: { key, type }, name, kind }: Asked): string {
  const types = `{ ${key} }: In<typeof ${service}.${name}>): Promise<Out<typeof ${service}.${name}> | Refusal>`;
  const edited = appendToBlock(
    text,
    `export class ${type}Service`,
    kind === 'command'
      ? `
  ${name}(_caller: Caller, ${types} {
    return this.db.transaction(async (_tx) => ({ ${key} }));
  }
`
      : `
  async ${name}(_caller: Caller, ${types} {
    return { ${key} };
  }
`,
  );
  return addImport(addImport(edited, '@mela/bus', ['type Caller']), '@mela/contracts', [`type ${service}`, 'type In', 'type Out', 'type Refusal']);
}
