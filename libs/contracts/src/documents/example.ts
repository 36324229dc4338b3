import type { Json } from './models.ts';

/** What of JSON Schema our contracts come to. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const byFormat: Readonly<Record<string, string>> = {
  email: 'asha@example.org',
  uuid: '01900000-0000-7000-8000-000000000001',
  uri: 'https://example.org/',
  url: 'https://example.org/',
  'date-time': '2030-01-01T09:00:00Z',
  date: '2030-01-01',
  time: '09:00:00',
};

/** What stands for a value instead of an example, where something does. */
type Word = (name: string, schema: Schema) => string | undefined;

/** Values that fit a schema: its own examples where it has some, otherwise the least that it takes. */
export class Examples {
  private readonly components: Readonly<Record<string, Schema>>;
  private readonly word: Word;

  constructor(components: Readonly<Record<string, Schema>>, word: Word = () => undefined) {
    this.components = components;
    this.word = word;
  }

  of(declared: Schema, name: string): unknown {
    const schema = this.resolve(declared);
    const word = this.word(name, schema);
    if (word !== undefined) return word;
    for (const given of [schema.examples?.[0], schema.const, schema.default, schema.enum?.[0]]) if (given !== undefined) return given;
    const [kind] = [schema.type].flat();
    if (kind === 'array') return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => this.of(schema.items ?? {}, name));
    if (kind === 'object') return this.objectOf(schema);
    if (kind === 'integer' || kind === 'number') return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
    if (kind === 'boolean') return true;
    if (kind === 'null') return null;
    return textOf(schema, name);
  }

  resolve(schema: Schema): Schema {
    if (schema.$ref !== undefined) return this.resolve(this.components[schema.$ref.split('/').at(-1)!]!);
    const first = schema.anyOf?.[0] ?? schema.oneOf?.[0];
    if (first) return this.resolve({ ...schema, anyOf: undefined, oneOf: undefined, ...first } as Schema);
    if (!schema.allOf) return schema;
    const { allOf, ...own } = schema;
    return Object.assign({}, ...allOf.map((part) => this.resolve(part)), own) as Schema;
  }

  /** What has to be there; of an object that needs nothing, all there may be. */
  private objectOf({ properties = {}, required = [] }: Schema): Json {
    const names = required.length > 0 ? required : Object.keys(properties);
    return Object.fromEntries(names.map((name) => [name, this.of(properties[name] ?? {}, name)]));
  }
}

function textOf({ format, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema, name: string): string {
  const known = byFormat[format ?? ''];
  if (known !== undefined) return known;
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return `Example ${words}`.slice(0, maxLength).trimEnd().padEnd(minLength, '.');
}
