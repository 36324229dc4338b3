import type { SessionChange } from '../language/operation.ts';
import { Examples, type Schema } from './example.ts';
import type { Json } from './models.ts';

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Described {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly object[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly 'x-session'?: SessionChange;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}

interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly operation: Described;
}

const JSON_BODY = 'application/json';
const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';
const AN_ID = '01900000-0000-7000-8000-000000000001';

/** What a request names that an earlier answer gave: the collection keeps it under the name that it has in the contracts. */
const isKept = (name: string, { format }: Schema = {}): boolean => format === 'uuid' || /(?:Id|Token)$/.test(name);

/**
 * A Postman collection (v2.1) of everything that the OpenAPI document holds, one folder for each service. Run from top
 * to bottom it works: what an answer gives and a later request needs, be it the token or an id, becomes a variable.
 */
export function postman(document: Json): Json {
  const { info, servers, tags, paths, components } = document as unknown as OpenApi;
  const asked = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): Asked => ({ method: method.toUpperCase(), path, operation })));
  const kept = new Set<string>();
  const examples = new Examples(components.schemas, (name, schema) => {
    if (!isKept(name, schema)) return undefined;
    kept.add(name);
    return `{{${name}}}`;
  });
  const requests = new Requests(examples, components.parameters);
  const items = asked.map((one) => ({ one, item: { name: one.operation.summary, request: requests.of(one), response: [] } }));
  // By now it is known which names requests use: no other is worth keeping.
  const itemsOf = (fits: (operation: Described) => boolean) => items.filter(({ one }) => fits(one.operation)).map(({ one, item }) => ({ ...item, ...keeping(kept, whatItGives(one, asked, examples)) }));
  const folders = [
    ...tags.map(({ name, description }) => ({ name, description, item: itemsOf((operation) => operation['x-session'] !== 'ends' && operation.tags.includes(name)) })),
    // Whoever is signed out asks for nothing more.
    { name: 'signing out', description: 'What ends the session in which all of this ran', item: itemsOf((operation) => operation['x-session'] === 'ends') },
  ].filter(({ item }) => item.length > 0);
  return {
    info: { name: info.title, version: info.version, description: `${info.description}\n\nRun it from top to bottom, or begin with whatever signs you in: \`token\` is kept.`, schema: SCHEMA },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: servers[0]!.url, type: 'string', description: 'Where the API is reached' },
      { key: 'token', value: '', type: 'string', description: 'The access token of a session' },
      ...[...kept].toSorted().map((key) => ({ key, value: key.endsWith('Token') ? '' : AN_ID, type: 'string' })),
    ],
    item: folders,
  };
}

class Requests {
  private readonly examples: Examples;
  private readonly shared: Readonly<Record<string, Parameter>>;

  constructor(examples: Examples, shared: Readonly<Record<string, Parameter>>) {
    this.examples = examples;
    this.shared = shared;
  }

  of({ method, path, operation }: Asked): Json {
    const header = this.headers(operation);
    return {
      method,
      ...(operation.security.length === 0 ? { auth: { type: 'noauth' } } : {}),
      ...(header.length === 0 ? {} : { header }),
      ...this.body(operation),
      url: this.url(path, operation),
      description: `\`${operation.operationId}\`\n\n${operation.description}`,
    };
  }

  private parameters(operation: Described, where: Parameter['in']): Parameter[] {
    return operation.parameters.map((given) => (given.$ref === undefined ? given : this.shared[given.$ref.split('/').at(-1)!]!)).filter((parameter) => parameter.in === where);
  }

  private headers(operation: Described): Json[] {
    const body = operation.requestBody ? [{ key: 'Content-Type', value: JSON_BODY }] : [];
    const declared = this.parameters(operation, 'header').map(({ name, description }) =>
      name === 'Idempotency-Key' ? { key: name, value: '{{$guid}}', description } : { key: name, value: '', description, disabled: true },
    );
    return [...body, ...declared];
  }

  private url(path: string, operation: Described): Json {
    const segments = path.slice(1).split('/').map((segment) => segment.replace(/^\{(\w+)\}$/, ':$1'));
    const query = this.parameters(operation, 'query').map(({ name, description, required, schema }) => ({
      key: name, value: String(this.examples.of(schema, name)), ...(description === undefined ? {} : { description }), ...(required ? {} : { disabled: true }),
    }));
    const variable = this.parameters(operation, 'path').map(({ name, description, schema }) => ({
      key: name, value: String(this.examples.of(schema, name)), ...(description === undefined ? {} : { description }),
    }));
    const sent = query.filter((one) => !('disabled' in one)).map(({ key, value }) => `${key}=${value}`).join('&');
    return {
      raw: `{{baseUrl}}/${segments.join('/')}${sent === '' ? '' : `?${sent}`}`,
      host: ['{{baseUrl}}'],
      path: segments,
      ...(query.length === 0 ? {} : { query }),
      ...(variable.length === 0 ? {} : { variable }),
    };
  }

  private body({ requestBody }: Described): Json {
    if (!requestBody) return {};
    const example = this.examples.of(requestBody.content[JSON_BODY]!.schema, 'body');
    return { body: { mode: 'raw', raw: JSON.stringify(example, null, 2), options: { raw: { language: 'json' } } } };
  }
}

type Kept = readonly [variable: string, field: string];

/** Of a command's answer: the access token, ids under their own names, and its own `id` under the name that the path goes on with. */
function whatItGives({ method, path, operation }: Asked, asked: readonly Asked[], examples: Examples): Kept[] {
  const answer = operation.responses['200']?.content?.[JSON_BODY]?.schema;
  if (method === 'GET' || !answer) return [];
  const goesOn = asked.map((other) => (other.path.startsWith(`${path}/{`) ? /^\{(\w+)\}/.exec(other.path.slice(path.length + 1))?.[1] : undefined)).find((name) => name !== undefined);
  return Object.keys(examples.resolve(answer).properties ?? {}).flatMap((field): Kept[] => {
    if (field === 'accessToken') return [['token', field]];
    if (field === 'id') return goesOn === undefined ? [] : [[goesOn, field]];
    return [[field, field]];
  });
}

function keeping(used: ReadonlySet<string>, given: readonly Kept[]): Json {
  const lines = given.filter(([variable]) => variable === 'token' || used.has(variable)).map(([variable, field]) => `if (answer.${field}) pm.collectionVariables.set('${variable}', answer.${field});`);
  if (lines.length === 0) return {};
  const exec = ['const answer = pm.response.code === 200 ? pm.response.json() : {};', ...lines];
  return { event: [{ listen: 'test', script: { type: 'text/javascript', exec } }] };
}
