import { z } from 'zod';
import { isEventType, type EventType } from './event.ts';
import { isService, KEEPS_PERSONAL_DATA, operationsOf, SERVICE, type Operation, type Service } from './operation.ts';
import type { TopicKind } from './topic.ts';

/** Everything that is declared, looked up by name. A value: whoever needs it receives it. */
export interface Catalogue {
  readonly services: ReadonlyMap<string, Service>;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly events: ReadonlyMap<string, EventType>;
  readonly topics: ReadonlyMap<string, TopicKind>;
  /** Schemas that domains export, by the name they are exported under: the documents call them so. */
  readonly models: ReadonlyMap<z.ZodType, string>;
  /** The service whose events these are. */
  ownerOf(event: EventType): string;
}

/** Who is asked for what is kept of a person, in the order of their names. */
export const keepersOfPersonalData = ({ services }: Pick<Catalogue, 'services'>): readonly string[] =>
  [...services].flatMap(([name, contract]) => (contract[KEEPS_PERSONAL_DATA] ? [name] : [])).toSorted();

type Domain = Record<string, unknown>;

/** Reads domain modules: one service each, and every event and model they export; `words` are models that all share. A doubled or dangling name is a fault. */
export function catalogue(domains: readonly Domain[], topics: Record<string, TopicKind>, words: Domain = {}): Catalogue {
  const services = new Map<string, Service>();
  const operations = new Map<string, Operation>();
  const events = new Map<string, EventType>();
  const owners = new Map<string, string>();
  const routes = new Map<string, string>();
  const faults: string[] = [];
  const once = <V>(map: Map<string, V>, key: string, value: V, what: string) => {
    if (map.has(key)) faults.push(`${what} ${key} is declared twice`);
    map.set(key, value);
  };

  for (const domain of domains) {
    const contract = Object.values(domain).find(isService);
    if (!contract) {
      faults.push(`A domain exports no service: ${Object.keys(domain).join(', ')}`);
      continue;
    }
    const name = contract[SERVICE];
    once(services, name, contract, 'service');
    for (const operation of operationsOf(contract)) {
      once(operations, operation.id, operation, 'operation');
      checkOperation(operation, faults);
      if (operation.http) once(routes, `${operation.http.method} ${operation.http.path.replace(/:\w+/g, ':')}`, operation.id, 'route');
    }
    for (const event of Object.values(domain).filter(isEventType)) {
      once(events, event.type, event, 'event');
      const owner = owners.get(event.noun) ?? name;
      if (owner !== name) faults.push(`the noun "${event.noun}" belongs to ${owner}, and ${name} declares ${event.type}`);
      owners.set(event.noun, owner);
    }
  }
  for (const operation of operations.values())
    for (const emitted of operation.emits)
      if (owners.get(emitted.noun) !== operation.service || events.get(emitted.type) !== emitted)
        faults.push(`${operation.id} emits ${emitted.type}, which ${operation.service} does not declare`);
  for (const kind of Object.values(topics)) {
    const grant = operations.get(kind.grantedBy);
    if (!grant) faults.push(`topic ${kind.kind} is granted by ${kind.grantedBy}, which nobody declares`);
    if (grant?.access.rule === 'service') faults.push(`topic ${kind.kind} is granted by ${kind.grantedBy}, which is for services alone`);
  }

  if (faults.length > 0) throw new Error(`The contracts contradict each other:\n  ${faults.join('\n  ')}`);
  return {
    services,
    operations,
    events,
    models: new Map([words, ...domains].flatMap((exported) => Object.entries(exported).flatMap(([name, value]) => (value instanceof z.ZodType ? [[value, name] as const] : [])))),
    topics: new Map(Object.values(topics).map((kind) => [kind.kind, kind])),
    ownerOf: (event) => owners.get(event.noun)!,
  };
}

function checkOperation(operation: Operation, faults: string[]): void {
  const fields = operation.input.shape;
  for (const param of operation.http?.params ?? [])
    if (!(param in fields)) faults.push(`${operation.id} has :${param} in its route but not in its input`);
  if (operation.access.rule === 'service' && operation.http)
    faults.push(`${operation.id} is for services alone and has a route: whoever reaches the gateway could ask it`);
  if (operation.access.rule === 'member' && !(operation.access.of in fields))
    faults.push(`${operation.id} is for members of "${operation.access.of}", which its input lacks`);
  for (const [name, field] of Object.entries(fields))
    for (const place of loose(z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }), name))
      faults.push(`${operation.id} lets unknown fields into "${place}": use z.strictObject there`);
}

/** Places inside a field where an object takes fields it does not know: they would be dropped in silence. */
function loose(schema: unknown, place: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, additionalProperties } = schema as { properties?: object; additionalProperties?: unknown };
  const here = properties !== undefined && additionalProperties !== false ? [place] : [];
  const inside = Object.entries(properties ?? {}).flatMap(([name, inner]) => loose(inner, `${place}.${name}`));
  const around = Object.entries(schema).flatMap(([key, inner]) => (key === 'properties' ? [] : [inner].flat().flatMap((one) => loose(one, place))));
  return [...here, ...inside, ...around];
}
