import postmanSdk from 'postman-collection';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { anyone, member } from '../language/access.ts';
import { catalogue } from '../language/catalogue.ts';
import { Id, Page, pageOf } from '../language/models.ts';
import { command, query, service } from '../language/operation.ts';
import { openapi } from './openapi.ts';
import { postman } from './postman.ts';

const collectionOf = (of: Parameters<typeof openapi>[0]) => postman(openapi(of, { version: '1.2.3', servers: ['https://api.mela.test'] })) as any;

const Book = z.object({ id: Id, title: z.string() });
const library = collectionOf(
  catalogue(
    [
      {
        library: service('library', {
          open: command({ summary: 'Open a shelf', http: 'POST /shelves', access: anyone, input: z.object({ title: z.string().max(80) }), output: z.object({ id: Id, ownerId: Id, accessToken: z.string() }) }),
          add: command({ summary: 'Put a book on a shelf', http: 'POST /shelves/:shelfId/books', access: member('shelfId'), input: z.object({ shelfId: Id, title: z.string(), donorId: Id, note: z.string().optional() }), output: Book }),
          list: query({ summary: 'The books of a shelf', http: 'GET /shelves/:shelfId/books', access: anyone, input: z.object({ shelfId: Id, lang: z.enum(['en', 'ne']), ...pageOf }), output: Page(Book) }),
        }),
      },
    ],
    {},
  ),
);
const [open, add, list] = library.item[0].item;

describe('the Postman collection', () => {
  it('is one that Postman’s own library reads, losing nothing', () => {
    const given = collectionOf(mela);
    const read = new postmanSdk.Collection(structuredClone(given)).toJSON() as any;
    const known = (value: any): any => {
      if (Array.isArray(value)) return value.map(known);
      if (typeof value !== 'object' || value === null) return value;
      // The library says of each what it has not been told: an id, a version as parts, a description with its type, and an address by its parts alone.
      return Object.fromEntries(Object.entries(value).filter(([name]) => !['id', '_postman_id', 'version', ...('host' in value ? ['raw'] : [])].includes(name)).map(([name, inner]) => [name, name === 'description' ? (inner as any)?.content ?? inner : known(inner)]));
    };
    expect(known(read)).toMatchObject(known(given));
  });

  it('has a folder for each service, and every operation in one; what signs out comes last, by itself', () => {
    const folders = collectionOf(mela).item as any[];
    const routed = [...mela.operations.values()].filter(({ http }) => http);
    expect(folders.map(({ name }) => name)).toEqual([...new Set(routed.map((operation) => operation.service)), 'signing out']);
    expect(folders.at(-1).item.map(({ name }: any) => name)).toEqual(routed.filter(({ session }) => session === 'ends').map(({ summary }) => summary));
    expect(folders.flatMap(({ item }) => item.map(({ name }: any) => name)).toSorted()).toEqual(routed.map(({ summary }) => summary).toSorted());
  });

  it('sends examples that each contract takes', () => {
    const { item, variable } = collectionOf(mela) as { item: any[]; variable: { key: string; value: string }[] };
    const values = new Map(variable.map(({ key, value }) => [key, value === '' ? 'x' : value]));
    const filled = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => values.get(name)!);
    for (const operation of mela.operations.values()) {
      if (!operation.http) continue;
      const { request } = item.flatMap((folder) => folder.item).find((one) => one.request.description.startsWith(`\`${operation.id}\`\n`));
      const params = [...(request.url.variable ?? []), ...(request.url.query ?? [])].filter((one: any) => !one.disabled).map(({ key, value }: any) => [key, filled(value)]);
      const input = { ...JSON.parse(filled(request.body?.raw ?? '{}')), ...Object.fromEntries(params) };
      expect(operation.input.safeParse(input).error?.issues, `${operation.id} takes no ${JSON.stringify(input)}: give its fields examples (.meta({ examples: […] }))`).toBeUndefined();
    }
  });

  it('knows where the API is and who asks by two variables, and gives every other name a value', () => {
    expect(library.variable).toMatchObject([{ key: 'baseUrl', value: 'https://api.mela.test' }, { key: 'token', value: '' }, { key: 'donorId' }, { key: 'shelfId' }]);
    expect(library.auth).toEqual({ type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] });
    expect([open.request.auth, add.request.auth]).toEqual([{ type: 'noauth' }, undefined]);
  });

  it('gives each command a key of its own', () => {
    const header = (request: any, name: string) => request.header.find(({ key }: any) => key === name);
    expect(header(add.request, 'Idempotency-Key')).toMatchObject({ value: '{{$guid}}' });
    expect(header(list.request, 'Idempotency-Key')).toBeUndefined();
    expect(header(list.request, 'If-None-Match')).toMatchObject({ disabled: true });
  });

  it('sends what has to be sent, and offers the rest', () => {
    expect(JSON.parse(add.request.body.raw)).toEqual({ title: 'Example title', donorId: '{{donorId}}' });
    expect(add.request.url).toMatchObject({
      raw: '{{baseUrl}}/api/v1/shelves/:shelfId/books', host: ['{{baseUrl}}'], path: ['api', 'v1', 'shelves', ':shelfId', 'books'], variable: [{ key: 'shelfId', value: '{{shelfId}}' }],
    });
    expect(list.request.url.raw).toBe('{{baseUrl}}/api/v1/shelves/:shelfId/books?lang=en');
    expect(list.request.url.query).toMatchObject([{ key: 'lang', value: 'en' }, { key: 'after', disabled: true }, { key: 'limit', value: '1', disabled: true }]);
  });

  it('keeps of an answer what later requests name, and nothing else', () => {
    expect(open.event[0].script.exec.slice(1)).toEqual([
      "if (answer.id) pm.collectionVariables.set('shelfId', answer.id);",
      "if (answer.accessToken) pm.collectionVariables.set('token', answer.accessToken);",
    ]);
    expect([add.event, list.event]).toEqual([undefined, undefined]);
  });

  it('is the same text every time', () => {
    expect(JSON.stringify(collectionOf(mela))).toBe(JSON.stringify(collectionOf(mela)));
  });
});
