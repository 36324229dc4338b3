import { z } from 'zod';
import type { Catalogue } from '../language/catalogue.ts';
import type { RecordedEvents, Shape } from '../language/compatibility.ts';
import { mayGainFields } from './models.ts';

/** Seen from this file's place in `src` and in `dist` alike. */
export const recordFile = new URL('../../events.snapshot.json', import.meta.url);

/** The command that an unrecorded event asks for. */
export const acceptCommand = 'npm run contracts:accept';

/** Every event as its readers see it, in a stable order. */
export function eventsToRecord(catalogue: Catalogue): RecordedEvents {
  return Object.fromEntries(
    [...catalogue.events.values()]
      .toSorted((a, b) => (a.type < b.type ? -1 : 1))
      .map((event) => [event.type, { aggregate: event.aggregate, data: shapeOf(event.data) }]),
  );
}

/** What readers rely on in a schema: the words and spellings that may change are left out. */
export function shapeOf(schema: z.ZodType): Shape {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      mayGainFields(jsonSchema);
      // Beside a format the pattern is only zod's way to spell it, and another version of zod spells it differently.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
  return JSON.parse(JSON.stringify(shape)) as Shape;
}
