import { seal, type Sealed } from '@mela/bus';
import { mela, type DataOf, type EventType } from '@mela/contracts';
import { jetstream } from '@nats-io/jetstream';
import { headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node';
import { v7 as uuidv7 } from 'uuid';
import { usage } from '../fault.ts';

interface Trigger {
  readonly type: string;
  /** JSON with the fields that are to differ from the contract's example. */
  readonly fields?: string | undefined;
  readonly aggregate?: string | undefined;
  readonly version?: number | undefined;
}

/** An event as its contract's example has it, with the given fields in place of the example's. */
export function eventFromExample({ type, fields: replaced, aggregate, version = 1 }: Trigger): Sealed {
  const event = mela.events.get(type);
  if (!event) throw usage(`There is no event ${type}`, `There are: ${[...mela.events.keys()].sort().join(', ')}.`);
  const fields = { ...event.example, ...given(replaced) } as DataOf<typeof event>;
  try {
    return seal(event, { id: aggregate ?? aggregateOf(event, fields), version }, fields, { source: '/mela/cli' });
  } catch (fault) {
    throw usage((fault as Error).message, `The example is ${JSON.stringify(event.example)}.`);
  }
}

export async function publish(nc: NatsConnection, event: Sealed): Promise<number> {
  const headers = natsHeaders();
  for (const [name, value] of Object.entries(event.headers)) headers.set(name, value);
  const { seq } = await jetstream(nc).publish(event.subject, event.payload, { headers, msgID: event.eventId });
  return seq;
}

/** Most events carry the id of what changed in the field of its name. */
function aggregateOf({ aggregate }: EventType, data: Record<string, unknown>): string {
  const id = data[`${aggregate}Id`];
  return typeof id === 'string' ? id : uuidv7();
}

function given(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usage('The fields are not JSON', `Write them like --with '{"userId":"…"}'.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw usage('The fields are to be a JSON object');
}
