import { aggregateFiles } from './aggregate-files.ts';
import { departureFiles } from './departure-files.ts';
import { capitalised, table, type Words } from './names.ts';

/** Every file of a new service, by its path within the service's folder. */
export const filesOf = (service: string, words: Words): Record<string, string> => ({
  'package.json': manifest(service),
  'tsconfig.json': tsconfig,
  'README.md': readme(service, words),
  'src/index.ts': `export { ${service}Service } from './${service}.module.ts';\n`,
  [`src/${service}.module.ts`]: moduleOf(service, words),
  [`src/migrations/0001-${service}.ts`]: migration(service, words),
  ...aggregateFiles(service, words),
  ...departureFiles(service, words),
  [`test/${service}.flow.ts`]: flow(service, words),
});

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const manifest = (service: string) =>
  json({
    name: `@mela/${service}`,
    version: '0.1.0',
    private: true,
    type: 'module',
    description: `${capitalised(service)}: say in one line what this service keeps`,
    exports: { '.': { source: './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' } },
    dependencies: { '@mela/contracts': '*', '@mela/bus': '*', '@mela/chassis': '*' },
    nx: { tags: ['layer:service'], targets: { lint: {}, test: {} } },
  });

const tsconfig = json({
  extends: '../../tsconfig.base.json',
  compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
  include: ['src'],
  exclude: ['**/*.spec.ts', '**/*.fixture.ts'],
  references: ['contracts', 'bus', 'chassis'].map((lib) => ({ path: `../../libs/${lib}` })),
});

const readme = (service: string, { noun, type, some }: Words) => `# ${capitalised(service)}

**Owns** the ${service}: who made one, and what it is called.
**Says** \`${noun}.created\`.
**Hears** \`export.requested\`: the person wants to have theirs; \`user.deleted\`: theirs go with them.
**Asks** nobody.

| file | holds |
| --- | --- |
| \`src/${noun}/${noun}.ts\` | the rules |
| \`src/${noun}/${noun}.store.ts\` | the rows |
| \`src/${noun}/${noun}.service.ts\` | the use cases |
| \`src/${noun}/${noun}.api.ts\` | what can be asked |
| \`src/departure/departure.service.ts\` | what is kept of a person: what they may have, and what goes with their account |
| \`src/${service}.module.ts\` | the manifest |

## Invariants
- The owner of ${some} is whoever created it, and nobody else can find it: for them it does not exist (\`${type}NotFound\`).
- With a person's account their ${service} go. Whoever adds something that is kept of people adds it to \`DepartureService\`, to both of its methods.
`;

const moduleOf = (service: string, { noun, type }: Words) => `import { defineService } from '@mela/chassis';
import { ${service} } from '@mela/contracts';
import { DepartureService } from './departure/departure.service.ts';
import { ${service}Tables } from './migrations/0001-${service}.ts';
import { ${type}Api } from './${noun}/${noun}.api.ts';
import { ${type}Service } from './${noun}/${noun}.service.ts';
import { ${type}Row } from './${noun}/${noun}.store.ts';

export const ${service}Service = defineService({
  hosts: ${service},
  entities: [${type}Row],
  migrations: [${service}Tables],
  apis: [${type}Api],
  providers: [${type}Service, DepartureService],
  personalData: DepartureService,
});
`;

const migration = (service: string, { noun }: Words) => `import type { Migration } from '@mela/chassis';

export const ${service}Tables: Migration = {
  name: '0001-${service}',
  statements: [
    // People live in another service, so owner_id refers to nothing here.
    \`CREATE TABLE ${table(noun)} (
       id uuid PRIMARY KEY,
       owner_id uuid NOT NULL,
       name text NOT NULL CHECK (name <> ''),
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       created_at timestamptz NOT NULL DEFAULT now())\`,
    \`CREATE INDEX ${noun}_by_owner ON ${table(noun)} (owner_id, id)\`,
  ],
};
`;

const flow = (service: string, { noun, type, some }: Words) => `import { ${type}Created, ExportReady, identity, ${service} } from '@mela/contracts';
import { openWorld } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

describe('${some}', () => {
  it('is announced on the screens of whoever created it, and found again', async () => {
    const asha = await world.someone('Asha');
    const screen = await asha.opensScreen();

    const created = await asha.asks(${service}.create, { name: 'The first' });
    await expect(screen).toHear(${type}Created, { ${noun}Id: created.id });
    expect(await asha.asks(${service}.find, { ${noun}Id: created.id })).toEqual(created);
  });

  it('does not exist for anybody else', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    const created = await asha.asks(${service}.create, { name: 'The first' });
    expect(await ravi.isRefused(${service}.find, { ${noun}Id: created.id })).toMatchObject({ status: 404, code: '${noun}.not_found' });
  });

  it('is handed over when its owner asks for all that is kept of them', async () => {
    const asha = await world.someone('Asha');
    const screen = await asha.opensScreen();
    await asha.asks(${service}.create, { name: 'The first' });
    const { id: exportId } = await asha.asks(identity.requestExport, {});
    await expect(screen).toHear(ExportReady, { exportId, userId: asha.id, missing: [] });
    expect((await asha.asks(identity.export, { exportId })).services).toContainEqual({ service: '${service}', state: 'answered' });
  });
});
`;
