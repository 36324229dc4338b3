import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { anyone, member } from '../language/access.ts';
import { catalogue } from '../language/catalogue.ts';
import { commonFaults, MethodNotAllowed, NoSuchRoute } from '../language/faults.ts';
import { perUser } from '../language/limit.ts';
import { Id, Page, pageOf } from '../language/models.ts';
import { command, download, query, service } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { openapi } from './openapi.ts';

const options = { version: '1.2.3', servers: ['https://api.mela.test'] };

const Full = refusal('shelf.full', 409, 'The shelf is full');
const Book = z.object({ id: Id, title: z.string() });
const library = catalogue(
  [
    {
      library: service('library', {
        add: command({
          summary: 'Put a book on a shelf',
          http: 'POST /shelves/:shelfId/books',
          access: member('shelfId', 'admin'),
          input: z.object({ shelfId: Id, title: z.string(), note: z.string().optional() }),
          output: Book,
          refusals: [Full],
        }),
        list: query({
          summary: 'The books of a shelf',
          http: 'GET /shelves/:shelfId/books',
          access: anyone,
          limit: perUser(10, '1m'),
          input: z.object({ shelfId: Id, ...pageOf }),
          output: Page(Book),
        }),
        scan: download({ summary: 'A shelf’s books as they were printed', http: 'GET /shelves/:shelfId/scan', access: anyone, input: z.object({ shelfId: Id }), mediaType: 'application/zip' }),
        count: query({ summary: 'On the bus only', access: anyone, input: z.object({}), output: z.number() }),
      }),
    },
  ],
  {},
);

describe('the OpenAPI document', () => {
  it('passes the official linter, strictly', async () => {
    expect(await lint(openapi(mela, options))).toEqual([]);
  });

  it('would not pass with a fault in it, so the linter does look', async () => {
    const broken = openapi(mela, options);
    delete (broken['components'] as Record<string, unknown>)['schemas'];
    expect(await lint(broken)).toContain('no-unresolved-refs');
  });

  it('holds every operation that has a route, by its id, and no other', () => {
    const routed = [...mela.operations.values()].filter((operation) => operation.http).map((operation) => operation.id);
    expect(operationsIn(openapi(mela, options)).map((operation) => operation.operationId).toSorted()).toEqual(routed.toSorted());
  });

  it('is the same text every time', () => {
    expect(JSON.stringify(openapi(mela, options))).toBe(JSON.stringify(openapi(mela, options)));
  });

  it('divides a command into path and body, and refuses unknown fields', () => {
    const add = operation('library.add');
    expect(named(add.parameters, 'path')).toEqual(['shelfId']);
    expect(add.requestBody.content['application/json'].schema).toEqual({
      type: 'object',
      properties: { title: { type: 'string' }, note: { type: 'string' } },
      required: ['title'],
      additionalProperties: false,
    });
    expect(add.parameters).toContainEqual({ $ref: '#/components/parameters/IdempotencyKey' });
  });

  it('divides a query into path and query string, all of it optional that may be left out', () => {
    const list = operation('library.list');
    expect(named(list.parameters, 'query')).toEqual(['after', 'limit']);
    expect(list.parameters.filter((parameter: any) => parameter.in === 'query').every((parameter: any) => !parameter.required)).toBe(true);
    expect(list.requestBody).toBeUndefined();
    expect(Object.keys(list.responses[200].headers)).toEqual(['ETag', 'Mela-Cursor', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']);
    expect(list.responses).toHaveProperty('304');
  });

  it('says of a file that it is bytes with a name, and that nobody keeps it by its tag', () => {
    const scan = operation('library.scan');
    expect(scan.responses[200]).toMatchObject({ content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } }, headers: { 'Content-Disposition': {} } });
    expect(Object.keys(scan.responses[200].content)).toEqual(['application/zip']);
    expect(scan.responses).not.toHaveProperty('304');
    expect(scan.parameters).not.toContainEqual({ $ref: '#/components/parameters/IfNoneMatch' });
    expect(scan.responses[400]).toMatchObject({ content: { 'application/problem+json': {} } });
  });

  it('takes a list in a query string with commas, since a name is given once', () => {
    const people = operationsIn(openapi(mela, options)).find(({ operationId }) => operationId === 'identity.people')!;
    expect(people.parameters).toContainEqual({ name: 'ids', in: 'query', required: true, explode: false, schema: { type: 'array', items: { $ref: '#/components/schemas/Id' }, minItems: 1, maxItems: 200 } });
  });

  it('lists the codes an operation refuses with, its own before the common ones', () => {
    const codes = operation('library.add').responses[409].content['application/problem+json'].schema.properties.code.enum;
    expect(codes).toEqual(['shelf.full', 'idempotency.in_progress']);
  });

  it('forgets none of the faults that any operation may answer', () => {
    const told = JSON.stringify(openapi(mela, options));
    const ofNoOperation = [NoSuchRoute, MethodNotAllowed];
    for (const fault of commonFaults) if (!ofNoOperation.includes(fault)) expect(told).toContain(`"${fault.code}"`);
  });

  it('says who may ask', () => {
    expect(operation('library.add')).toMatchObject({
      security: [{ accessToken: [] }, { apiKey: ['library:write'] }],
      description: expect.stringContaining('admin or more'),
      'x-access': { rule: 'member', of: 'shelfId', atLeast: 'admin' },
    });
    expect(operation('library.list').security).toEqual([]);
    const told = operationsIn(openapi(mela, options)).find(({ operationId }) => operationId === 'identity.changePassword');
    expect(told.security).toEqual([{ accessToken: [] }]);
  });

  it('names a model once and points to it, and lets answers gain fields', () => {
    const { components } = openapi(mela, options) as any;
    expect(components.schemas.Post.properties.id).toEqual({ $ref: '#/components/schemas/Id' });
    expect(components.schemas.Post).not.toHaveProperty('additionalProperties');
  });
});

const operationsIn = (document: any): any[] => Object.values(document.paths).flatMap((path: any) => Object.values(path));
const operation = (id: string) => operationsIn(openapi(library, options)).find((each) => each.operationId === id);
const named = (parameters: any[], where: string): string[] => parameters.filter((each) => each.in === where).map((each) => each.name);

/** The rules that the document breaks, according to Redocly's own command line. */
async function lint(document: object): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mela-openapi-'));
  try {
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(document));
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const cli = join(import.meta.dirname, '../../../../node_modules/@redocly/cli/bin/cli.js');
    const args = [cli, 'lint', 'openapi.json', '--extends=recommended-strict', '--format=json'];
    // It exits with 1 when it finds something, and still prints the report.
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env }).catch((finished) => finished);
    return (JSON.parse(stdout) as { problems: { ruleId: string }[] }).problems.map((problem) => problem.ruleId);
  } finally {
    await rm(folder, { recursive: true });
  }
}
