import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../fault.ts';
import { checkServiceName, singular, wordsFor, type Words } from './names.ts';
import { Files, type Outcome } from './plan.ts';
import { contractOf } from './service-contract.ts';
import { filesOf } from './service-files.ts';
import { addImport, addToList, unfamiliar } from './source.ts';

const NOT_A_GATEWAY = /^'(?!api'|realtime')/;

/** A service in the house's shape, known to the contracts, the build, the command line and the flow tests. */
export async function newService(root: string, name: string): Promise<Outcome> {
  checkServiceName(name);
  const words = wordsFor(singular(name));
  await refuseTakenNoun(root, name, words);
  const files = new Files(root);

  await files.create(`libs/contracts/src/${name}.ts`, contractOf(name, words));
  for (const [path, text] of Object.entries(filesOf(name, words))) await files.create(`services/${name}/${path}`, text);

  await files.edit('libs/contracts/src/catalogue.ts', (text) => addToList(addDomain(text, name), 'catalogue(', name));
  await files.edit('libs/contracts/src/index.ts', (text) => text.replace(/(?=export \* from '\.\/topics\.ts';)/, `export * from './${name}.ts';\n`));
  await files.edit('tsconfig.json', (text) => addReference(text, `services/${name}`));
  await files.edit('cli/tsconfig.json', (text) => addReference(text, `../services/${name}`));
  await files.edit('cli/package.json', (text) => addDependency(text, `@mela/${name}`));
  await files.edit('cli/src/targets.ts', (text) =>
    addToList(addImport(text, `@mela/${name}`, [`${name}Service`]), 'allTargets: readonly Target[] = ', `${name}Service`, /Service$/),
  );
  await files.edit('libs/testkit/src/world-process.ts', (text) => addToList(text, 'separate: ', `'${name}'`, NOT_A_GATEWAY));

  return files.write([
    'npm install',
    'npm run contracts:accept',
    'npm run build && node cli/bin/mela.mjs deploy compose > docker-compose.yml && node cli/bin/mela.mjs deploy dockerfile > deploy/Dockerfile && node cli/bin/mela.mjs deploy nats > deploy/nats-users.conf',
    `Keeps ${name} nothing of people? Then take out services/${name}/src/departure, personalData in the manifest and keepsPersonalData in the contract; else whatever it keeps of them belongs into both methods there`,
    `Say in services/${name}/README.md and package.json what the service keeps, and give the ${words.noun} the fields it has`,
  ]);
}

/** A noun's events belong to one service, and the catalogue would refuse a second that says them. */
async function refuseTakenNoun(root: string, service: string, { noun, some }: Words): Promise<void> {
  const contracts = join(root, 'libs/contracts/src');
  for (const file of (await readdir(contracts)).filter((name) => name.endsWith('.ts') && name !== `${service}.ts`))
    if (new RegExp(`\\bevent\\('${noun}\\.`).test(await readFile(join(contracts, file), 'utf8')))
      throw new Fault('new.exists', `${file.slice(0, -3)} says already what happens to ${some}, and a noun belongs to one service`);
}

function addDomain(text: string, name: string): string {
  const imports = [...text.matchAll(/^import \* as (\w+) from .*\n/gm)];
  const place = imports.findLast((each) => each[1]! < name) ?? imports[0];
  if (!place) throw unfamiliar('domain in the catalogue to stand beside');
  const at = place[1]! < name ? place.index + place[0].length : place.index;
  return `${text.slice(0, at)}import * as ${name} from './${name}.ts';\n${text.slice(at)}`;
}

interface Manifest {
  dependencies: Record<string, string>;
}

interface TsConfig {
  references: { path: string }[];
}

/** Libraries before services before gateways: a reference stands behind the last of its kind. */
function addReference(text: string, path: string): string {
  const config = JSON.parse(text) as TsConfig;
  const place = config.references.findLastIndex((each) => each.path.includes('services/'));
  config.references.splice(place + 1, 0, { path });
  return `${JSON.stringify(config, null, 2)}\n`;
}

function addDependency(text: string, name: string): string {
  const manifest = JSON.parse(text) as Manifest;
  manifest.dependencies = { ...manifest.dependencies, [name]: '*' };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
