import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { shapeOf } from '../documents/recorded-events.ts';
import { compareEvents } from './compatibility.ts';
import { Instant, Page } from './models.ts';

const placed = {
  orderId: z.uuid(),
  channel: z.enum(['web', 'shop']),
  note: z.string().max(100).optional(),
  lines: z.array(z.object({ sku: z.string(), count: z.int() })),
  paidAt: Instant.nullable(),
};

/** What `order.placed` says, recorded as it was and declared as it would be. */
const change = (fields: Record<string, z.ZodType>, was: Record<string, z.ZodType> = placed) =>
  compareEvents(record(was), record(fields));

describe('an event that is stored and read', () => {
  it('may stay as it is', () => {
    expect(change(placed)).toEqual({ breaks: [], unrecorded: [] });
  });

  it('may gain an optional field, which has to be recorded', () => {
    expect(change({ ...placed, gift: z.boolean().optional() })).toEqual({ breaks: [], unrecorded: ['order.placed.gift is new'] });
  });

  it('may gain an optional field deep inside', () => {
    const lines = z.array(z.object({ sku: z.string(), count: z.int(), colour: z.string().optional() }));
    expect(change({ ...placed, lines })).toEqual({ breaks: [], unrecorded: ['order.placed.lines.colour is new'] });
  });

  it('may be described in other words, and its values listed in another order', () => {
    expect(change({ ...placed, channel: z.enum(['shop', 'web']).meta({ description: 'Where it was placed' }) })).toEqual({ breaks: [], unrecorded: [] });
  });

  it('may be new, and then has to be recorded', () => {
    expect(compareEvents({}, record(placed))).toEqual({ breaks: [], unrecorded: ['order.placed is new'] });
  });
});

describe('a change that would break a reader is refused:', () => {
  const { note: _note, ...withoutNote } = placed;
  const { orderId: _orderId, ...withoutOrder } = placed;

  it.each<[string, Record<string, z.ZodType>, string]>([
    ['a required field is removed', withoutOrder, 'order.placed.orderId was removed'],
    ['an optional field is removed', withoutNote, 'order.placed.note was removed'],
    ['a field is renamed', { ...withoutOrder, id: z.uuid().optional() }, 'order.placed.orderId was removed'],
    ['a required field becomes optional', { ...placed, orderId: z.uuid().optional() }, 'order.placed.orderId was always there and became optional'],
    ['an optional field becomes required', { ...placed, note: z.string().max(100) }, 'order.placed.note was optional and became required'],
    ['a new field is required', { ...placed, gift: z.boolean() }, 'order.placed.gift is new and required, and stored events lack it: make it optional'],
    ['a field changes its type', { ...placed, note: z.int().optional() }, 'order.placed.note: type was "string" and is "integer"'],
    ['a field may be null now', { ...placed, channel: z.enum(['web', 'shop']).nullable() }, 'order.placed.channel: type was "string" and is not set'],
    ['a field may be null no longer', { ...placed, paidAt: Instant }, 'order.placed.paidAt: anyOf was'],
    ['a value is lost', { ...placed, channel: z.enum(['web']) }, 'order.placed.channel lost "shop", which stored events hold'],
    ['a value is gained', { ...placed, channel: z.enum(['web', 'shop', 'fax']) }, 'order.placed.channel gained "fax", which its readers do not know'],
    ['a limit is tightened', { ...placed, note: z.string().max(50).optional() }, 'order.placed.note: maxLength was 100 and is 50'],
    ['a format is asked for', { ...placed, note: z.email().max(100).optional() }, 'order.placed.note: format was not set and is "email"'],
    ['a list becomes an object', { ...placed, lines: Page(z.string()) }, 'order.placed.lines: type was "array" and is "object"'],
    ['a nested field is removed', { ...placed, lines: z.array(z.object({ sku: z.string() })) }, 'order.placed.lines.count was removed'],
  ])('%s', (_what, fields, fault) => {
    expect(change(fields).breaks).toContainEqual(expect.stringContaining(fault));
  });

  it('a variant is added', () => {
    const [card, cash] = ['card', 'cash'].map((by) => z.object({ by: z.literal(by) }));
    const before = { payment: z.union([card!]) };
    expect(change({ payment: z.union([card!, cash!]) }, before).breaks).toEqual(['order.placed.payment had 1 variants and has 2']);
  });

  it('the event is no longer declared', () => {
    expect(compareEvents(record(placed), {}).breaks).toEqual(['order.placed is no longer declared, and the stream still holds it']);
  });

  it('the event is ordered by another aggregate', () => {
    expect(compareEvents(record(placed, 'order'), record(placed, 'basket')).breaks).toEqual(['order.placed: its aggregate was "order" and is "basket"']);
  });
});

/** What zod writes is what is compared. */
function record(fields: Record<string, z.ZodType>, aggregate = 'order') {
  return { 'order.placed': { aggregate, data: shapeOf(z.object(fields)) } };
}
