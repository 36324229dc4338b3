import { z } from 'zod';
import { anyone, person, services } from '../language/access.ts';
import { perUser } from '../language/limit.ts';
import { Id, Ids } from '../language/models.ts';
import { query } from '../language/operation.ts';
import { Handle } from './handle.ts';
import { PersonUnknown } from './person.ts';

/** A person as others see them. What whoever asks may not see is null, as is what was never said: nobody can tell which. */
export const PersonCard = z.object({
  id: Id,
  name: z.string(),
  handle: z.string().nullable(),
  avatar: Id.nullable(),
  bio: z.string().nullable(),
  email: z.string().nullable(),
});
export type PersonCard = z.output<typeof PersonCard>;

const MOST_PEOPLE = 200;
const people = { input: z.object({ ids: Ids(MOST_PEOPLE) }), output: z.object({ items: z.array(PersonCard) }) };

export const cardOperations = {
  person: query({
    summary: 'A person, as whoever asks may see them',
    http: 'GET /identity/people/:personId',
    access: anyone,
    limit: perUser(600, '1m'),
    input: z.object({ personId: Id }),
    output: PersonCard,
    refusals: [PersonUnknown],
  }),
  personByHandle: query({
    summary: 'The person who has this handle, as whoever asks may see them',
    http: 'GET /identity/handles/:handle',
    access: anyone,
    limit: perUser(600, '1m'),
    input: z.object({ handle: Handle }),
    output: PersonCard,
    refusals: [PersonUnknown],
  }),
  people: query({
    summary: `Up to ${MOST_PEOPLE} people by their ids, as whoever asks may see them: in the order asked, each once, whoever is unknown left out`,
    http: 'GET /identity/people',
    access: person,
    limit: perUser(600, '1m'),
    ...people,
  }),
  peopleForServices: query({
    summary: 'The same for a service that asks in nobody’s name: what everybody who is signed in may see',
    access: services,
    ...people,
  }),
};
