import { z } from 'zod';

export type Json = { [key: string]: unknown };

/** Adds the names to what zod knows of a schema, which makes it a definition of its own instead of a copy in each place. */
class NamedModels extends z.core.$ZodRegistry<z.core.GlobalMeta> {
  private readonly names: ReadonlyMap<unknown, string>;

  constructor(names: ReadonlyMap<unknown, string>) {
    super();
    this.names = names;
  }

  override get<S extends z.core.$ZodType>(schema: S) {
    const id = this.names.get(schema);
    const known = z.globalRegistry.get(schema);
    return id === undefined ? known : { ...known, id };
  }
}

/** The JSON Schemas of one document. Named models are gathered as components, everything else stands where it is used. */
export class Models {
  private readonly gathered = new Map<string, Json>();
  private readonly names: NamedModels;

  constructor(names: ReadonlyMap<unknown, string>) {
    this.names = new NamedModels(names);
  }

  /** What a client may send: unknown fields are refused, so the schema says so too. */
  sent(schema: z.ZodType): Json {
    return this.convert(schema, 'input');
  }

  /** What a client receives. Readers ignore what they do not know, so answers and events may gain fields. */
  received(schema: z.ZodType): Json {
    return this.convert(schema, 'output');
  }

  get components(): Json {
    return Object.fromEntries([...this.gathered].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private convert(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      metadata: this.names,
      override: io === 'output' ? ({ jsonSchema }) => mayGainFields(jsonSchema) : () => {},
    });
    for (const [name, model] of Object.entries($defs)) this.gather(name, asComponents(model));
    return asComponents(root);
  }

  private gather(name: string, model: Json): void {
    const before = this.gathered.get(name);
    // One name, two shapes: a default or a coercion makes what is sent differ from what is received.
    if (before && JSON.stringify(before) !== JSON.stringify(model))
      throw new Error(`${name} reads differently when sent and when received: give the two shapes a model each`);
    this.gathered.set(name, model);
  }
}

/** zod closes every object it describes; what is read stays open, so that it can grow. */
export function mayGainFields(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.additionalProperties === false) delete schema.additionalProperties;
}

/** Moves zod's local definitions to where OpenAPI and AsyncAPI both look for models. */
const asComponents = (schema: object): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/')) as Json;
