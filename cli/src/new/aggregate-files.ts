import { capitalised, table, type Words } from './names.ts';

/** The four files of an aggregate, and the story of its rules. */
export const aggregateFiles = (service: string, words: Words): Record<string, string> => {
  const path = `src/${words.noun}/${words.noun}`;
  return {
    [`${path}.ts`]: rules(words),
    [`${path}.spec.ts`]: rulesSpec(words),
    [`${path}.store.ts`]: store(words),
    [`${path}.service.ts`]: useCases(service, words),
    [`${path}.api.ts`]: api(service, words),
  };
};

const rules = ({ type, some }: Words) => `import type { ${type} } from '@mela/contracts';
import { v7 as uuidv7 } from 'uuid';

/** ${capitalised(some)}, as it is kept. */
export interface ${type}State {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  readonly version: number;
  readonly createdAt: Date;
}

export type New${type} = Pick<${type}State, 'id' | 'ownerId' | 'name'>;

/** The owner is whoever asks, never a field of the request. */
export const create${type} = (ownerId: string, { name }: { name: string }): New${type} => ({ id: uuidv7(), ownerId, name });

/** ${capitalised(some)}, as it is shown. */
export const as${type} = ({ id, name, createdAt }: ${type}State): ${type} => ({ id, name, createdAt: createdAt.toISOString() });
`;

const rulesSpec = ({ noun, type, some }: Words) => `import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { as${type}, create${type} } from './${noun}.ts';

it('${some} belongs to whoever creates it', () => {
  const created = create${type}(id(1), { name: 'The first' });
  expect(created).toEqual({ id: expect.any(String), ownerId: id(1), name: 'The first' });
  expect(as${type}({ ...created, version: 1, createdAt: new Date(0) })).toEqual({ id: created.id, name: 'The first', createdAt: '1970-01-01T00:00:00.000Z' });
});
`;

const store = ({ noun, type, constant }: Words) => `import type { Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { New${type}, ${type}State } from './${noun}.ts';

@Entity('${noun}')
export class ${type}Row implements ${type}State {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId!: string;

  @Column('text')
  name!: string;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

const ${constant} = 'id, owner_id AS "ownerId", name, version, created_at AS "createdAt"';

export class ${type}Store {
  constructor(private readonly rows: Rows) {}

  async insert({ id, ownerId, name }: New${type}): Promise<${type}State> {
    const [inserted] = await this.rows.query<${type}State>(
      \`INSERT INTO ${table(noun)} (id, owner_id, name) VALUES ($1, $2, $3) RETURNING \${${constant}}\`,
      [id, ownerId, name],
    );
    return inserted!;
  }

  async find(id: string, ownerId: string): Promise<${type}State | undefined> {
    const [found] = await this.rows.query<${type}State>(\`SELECT \${${constant}} FROM ${table(noun)} WHERE id = $1 AND owner_id = $2\`, [id, ownerId]);
    return found;
  }

  /** In the order of its ids, behind that one. */
  ownedBy(ownerId: string, behind: string | undefined, rows: number): Promise<${type}State[]> {
    return this.rows.query<${type}State>(
      \`SELECT \${${constant}} FROM ${table(noun)} WHERE owner_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3\`,
      [ownerId, behind ?? null, rows],
    );
  }

  async eraseOf(ownerId: string): Promise<void> {
    await this.rows.query('DELETE FROM ${table(noun)} WHERE owner_id = $1', [ownerId]);
  }
}
`;

const useCases = (service: string, { noun, type }: Words) => `import type { Caller } from '@mela/bus';
import { Db } from '@mela/chassis';
import { ${type}Created, ${type}NotFound, type In, type ${service}, type ${type}, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { as${type}, create${type} } from './${noun}.ts';
import { ${type}Store } from './${noun}.store.ts';

@Injectable()
export class ${type}Service {
  constructor(private readonly db: Db) {}

  create(caller: Caller, draft: In<typeof ${service}.create>): Promise<${type}> {
    return this.db.transaction(async (tx) => {
      const created = await tx.get(${type}Store).insert(create${type}(caller.personId, draft));
      tx.emit(${type}Created, created, { ${noun}Id: created.id, ownerId: created.ownerId });
      return as${type}(created);
    });
  }

  async find(caller: Caller, { ${noun}Id }: In<typeof ${service}.find>): Promise<${type} | Refusal> {
    const found = await this.db.get(${type}Store).find(${noun}Id, caller.personId);
    return found ? as${type}(found) : ${type}NotFound();
  }
}
`;

const api = (service: string, { noun, type }: Words) => `import { Api, Handles, type Caller } from '@mela/bus';
import { ${service}, type In } from '@mela/contracts';
import { ${type}Service } from './${noun}.service.ts';

@Api()
export class ${type}Api {
  constructor(private readonly ${service}: ${type}Service) {}

  @Handles(${service}.create)
  create(input: In<typeof ${service}.create>, caller: Caller) {
    return this.${service}.create(caller, input);
  }

  @Handles(${service}.find)
  find(input: In<typeof ${service}.find>, caller: Caller) {
    return this.${service}.find(caller, input);
  }
}
`;
