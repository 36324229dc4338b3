/** A JSON Schema, as far as it is compared here. */
export type Shape = { readonly [keyword: string]: unknown };

/** What the readers of an event rely on. */
export interface RecordedEvent {
  readonly aggregate: string;
  readonly data: Shape;
}

export type RecordedEvents = Readonly<Record<string, RecordedEvent>>;

export interface Comparison {
  /** What readers, or events that are stored already, would trip over. */
  readonly breaks: readonly string[];
  /** What is fine but not in the record yet. */
  readonly unrecorded: readonly string[];
}

/**
 * Holds the events as they are declared against the events as they were recorded.
 *
 * Two readers have to be content: the one that runs already and meets a new event, and the new one that meets an event
 * stored a week ago. A wider field breaks the first, a narrower field breaks the second, so a field never changes;
 * all that an event may do is gain optional fields, which the first ignores and the second does not miss.
 */
export function compareEvents(recorded: RecordedEvents, present: RecordedEvents): Comparison {
  const breaks: string[] = [];
  const unrecorded: string[] = [];
  for (const [type, before] of Object.entries(recorded)) {
    const now = present[type];
    if (now === undefined) {
      breaks.push(`${type} is no longer declared, and the stream still holds it`);
      continue;
    }
    if (now.aggregate !== before.aggregate) breaks.push(`${type}: its aggregate was "${before.aggregate}" and is "${now.aggregate}"`);
    compareShapes(type, before.data, now.data, { breaks, unrecorded });
  }
  for (const type of Object.keys(present)) if (!(type in recorded)) unrecorded.push(`${type} is new`);
  return { breaks, unrecorded };
}

interface Findings {
  readonly breaks: string[];
  readonly unrecorded: string[];
}

type Check = (where: string, before: any, now: any, findings: Findings) => void;

/** Words for people may change as they like; fields are compared one by one. */
const notCompared = new Set(['title', 'description', 'examples', 'deprecated', '$comment', 'properties', 'required']);

/** Keywords that hold other schemas, or a set whose order means nothing. Every other one is compared as it stands. */
const checks: Readonly<Record<string, Check>> = {
  enum: compareValues,
  items: compareShapes,
  additionalProperties: compareShapes,
  anyOf: compareVariants,
  oneOf: compareVariants,
  allOf: compareVariants,
};

function compareShapes(where: string, before: Shape, now: Shape, findings: Findings): void {
  compareFields(where, before, now, findings);
  for (const keyword of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (notCompared.has(keyword)) continue;
    const check = keyword in before && keyword in now ? checks[keyword] : undefined;
    if (check) check(where, before[keyword], now[keyword], findings);
    else compareAsTheyStand(`${where}: ${keyword}`, before[keyword], now[keyword], findings);
  }
}

function compareFields(where: string, before: Shape, now: Shape, findings: Findings): void {
  const fieldsBefore = fieldsOf(before);
  const fieldsNow = fieldsOf(now);
  const requiredBefore = requiredOf(before);
  const requiredNow = requiredOf(now);
  for (const [name, field] of Object.entries(fieldsBefore)) {
    const path = `${where}.${name}`;
    const fieldNow = fieldsNow[name];
    if (fieldNow === undefined) {
      findings.breaks.push(`${path} was removed`);
      continue;
    }
    if (requiredBefore.has(name) && !requiredNow.has(name)) findings.breaks.push(`${path} was always there and became optional`);
    if (!requiredBefore.has(name) && requiredNow.has(name)) findings.breaks.push(`${path} was optional and became required`);
    compareShapes(path, field, fieldNow, findings);
  }
  for (const name of Object.keys(fieldsNow)) {
    if (name in fieldsBefore) continue;
    if (requiredNow.has(name)) findings.breaks.push(`${where}.${name} is new and required, and stored events lack it: make it optional`);
    else findings.unrecorded.push(`${where}.${name} is new`);
  }
}

function compareValues(where: string, before: unknown[], now: unknown[], { breaks }: Findings): void {
  const removed = before.filter((value) => !now.includes(value));
  const added = now.filter((value) => !before.includes(value));
  if (removed.length > 0) breaks.push(`${where} lost ${list(removed)}, which stored events hold`);
  if (added.length > 0) breaks.push(`${where} gained ${list(added)}, which its readers do not know`);
}

function compareVariants(where: string, before: Shape[], now: Shape[], findings: Findings): void {
  if (before.length !== now.length) findings.breaks.push(`${where} had ${before.length} variants and has ${now.length}`);
  else before.forEach((variant, index) => compareShapes(`${where}|${index}`, variant, now[index]!, findings));
}

function compareAsTheyStand(where: string, before: unknown, now: unknown, { breaks }: Findings): void {
  const [was, is] = [before, now].map((value) => (value === undefined ? 'not set' : JSON.stringify(value)));
  if (was !== is) breaks.push(`${where} was ${was} and is ${is}`);
}

const fieldsOf = (shape: Shape) => (shape['properties'] ?? {}) as Readonly<Record<string, Shape>>;
const requiredOf = (shape: Shape) => new Set((shape['required'] ?? []) as readonly string[]);
const list = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');
