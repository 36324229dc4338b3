import { capitalised, type Words } from './names.ts';

/** A domain of its own: a model, an event, and the two operations that nearly every service begins with. */
export const contractOf = (service: string, { noun, type, some }: Words): string => `import { z } from 'zod';
import { person } from './language/access.ts';
import { event } from './language/event.ts';
import { perUser } from './language/limit.ts';
import { Id, Instant, Text, id } from './language/models.ts';
import { command, query, service } from './language/operation.ts';
import { refusal } from './language/refusal.ts';
import { topic } from './topics.ts';

export const ${type} = z.object({ id: Id, name: z.string(), createdAt: Instant });
export type ${type} = z.output<typeof ${type}>;

export const ${type}NotFound = refusal('${noun}.not_found', 404, 'There is no such ${noun}, or it is not yours');

export const ${type}Created = event('${noun}.created', {
  summary: '${capitalised(some)} was created',
  aggregate: '${noun}',
  data: z.object({ ${noun}Id: Id, ownerId: Id }),
  audience: (e) => [topic.person(e.ownerId)],
  example: { ${noun}Id: id(2), ownerId: id(1) },
});

export const ${service} = service('${service}', {
  create: command({
    summary: 'Create ${some}',
    http: 'POST /${service}',
    access: person,
    limit: perUser(30, '1m'),
    input: z.object({ name: Text(80) }),
    output: ${type},
    emits: [${type}Created],
  }),
  find: query({
    summary: 'One of the caller’s own ${service}',
    http: 'GET /${service}/:${noun}Id',
    access: person,
    limit: perUser(600, '1m'),
    input: z.object({ ${noun}Id: Id }),
    output: ${type},
    refusals: [${type}NotFound],
  }),
}, { keepsPersonalData: true });
`;
