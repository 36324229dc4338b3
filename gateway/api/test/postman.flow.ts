import { createContext, runInContext } from 'node:vm';
import { openWorld } from '@mela/testkit';
import postman from 'postman-collection';
import { expect, it } from 'vitest';

const world = openWorld();

/** One request as Postman would send it: variables put in, disabled fields left out. */
async function send(collection: postman.Collection, item: postman.Item): Promise<Response> {
  const request = new postman.Request(collection.variables.substitute(item.request.toJSON()) as postman.RequestDefinition);
  const auth = request.auth?.type ?? collection.auth?.type;
  const headers = Object.fromEntries(request.headers.filter((header) => !header.disabled, undefined).map(({ key, value }) => [key, value]));
  if (auth === 'bearer') headers['authorization'] = `Bearer ${collection.variables.get('token')}`;
  const body = request.body?.toString();
  return fetch(`${request.url.getHost()}${request.url.getPathWithQuery()}`, { method: request.method, headers, ...(body ? { body } : {}) });
}

/** Runs an item's script with as much of Postman's `pm` as our scripts use. */
function runScript(collection: postman.Collection, item: postman.Item, status: number, answer: unknown): void {
  const pm = {
    response: { code: status, json: () => answer },
    collectionVariables: { set: (key: string, value: string) => void collection.variables.upsert(new postman.Variable({ key, value })) },
  };
  for (const event of item.events.all()) runInContext(event.script.toSource() as string, createContext({ pm }));
}

it('the Postman collection runs from top to bottom: who signs in is kept, and so is what was founded', async () => {
  const response = await fetch(`${world.addresses.api}/docs/postman.json`);
  const collection = new postman.Collection((await response.json()) as postman.CollectionDefinition);
  expect(collection.variables.get('baseUrl')).toBe(world.addresses.api);

  const statuses: Record<string, number> = {};
  const items: postman.Item[] = [];
  collection.forEachItem((item) => void items.push(item));
  for (const item of items) {
    const answered = await send(collection, item);
    const answer = (await answered.json()) as { code?: string };
    statuses[item.name] = answered.status;
    expect(['request.invalid', 'request.malformed', 'route.unknown', 'auth.required', 'auth.invalid_token'], `${item.name}: ${JSON.stringify(answer)}`).not.toContain(answer.code);
    runScript(collection, item, answered.status, answer);
  }
  expect(statuses).toMatchObject({
    'Sign in with e-mail and password': 200,
    'Who is signed in': 200,
    'Found a community and become its owner': 200,
    'Publish a post in a community': 200,
    'The posts of a community, newest first': 200,
    'Up to 20 reads in one request, answered in their order': 200,
  });
});
