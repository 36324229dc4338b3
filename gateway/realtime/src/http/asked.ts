import type { IncomingMessage } from 'node:http';
import { DoubledField, InvalidInput, type Refusal } from '@mela/contracts';
import { z } from 'zod';

const LONGEST_WAIT_SECONDS = 30;
const USUAL_WAIT_SECONDS = 25;

const cursor = z.string().max(200);

const common = {
  topics: z.string().max(20_000).default('').transform((text) => [...new Set(text.split(',').filter(Boolean))]).pipe(z.array(z.string().max(100))),
  since: cursor.optional(),
  ticket: z.string().max(100).optional(),
};

const streamed = z.strictObject(common);
const polled = z.strictObject({
  ...common,
  wait: z.string().regex(/^\d{1,2}$/, 'is a number of seconds').transform(Number).pipe(z.number().max(LONGEST_WAIT_SECONDS)).default(USUAL_WAIT_SECONDS),
});

export type Streamed = z.output<typeof streamed>;
export type Polled = z.output<typeof polled>;

/** `Last-Event-ID` is what an EventSource sends when it comes back: it is newer than the address it was opened with. */
export function readStreamed(request: IncomingMessage): Streamed | Refusal {
  const lastEventId = cursor.min(1).safeParse(request.headers['last-event-id']);
  const asked = read(request, streamed);
  return 'refused' in asked || !lastEventId.success ? asked : { ...asked, since: lastEventId.data };
}

export const readPolled = (request: IncomingMessage): Polled | Refusal => read(request, polled);

function read<T>(request: IncomingMessage, schema: z.ZodType<T>): T | Refusal {
  const given = [...new URL(request.url!, 'http://gateway').searchParams];
  const fields = new Map(given);
  if (fields.size < given.length) return DoubledField();
  const checked = schema.safeParse(Object.fromEntries(fields));
  return checked.success ? checked.data : InvalidInput(checked.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; '));
}
