import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { event } from './event.ts';
import { parseTopic } from './topic.ts';

const declared = { summary: 'It happened', aggregate: 'order', data: z.object({ orderId: z.string() }), example: { orderId: '1' } };

describe('an event type', () => {
  it.each(['order.placed', 'order.status_changed', 'inventory.updated'])('is named like %s', (type) => {
    const [noun, verb] = type.split('.');
    expect(event(type, declared)).toMatchObject({ type, noun, verb });
  });

  it.each(['order', 'OrderPlaced', 'order.Placed', 'order.placed.now', 'order.placed_', 'order-placed', 'order_line.added', 'order.placed2', '.placed', ''])(
    'is not named like "%s"',
    (type) => expect(() => event(type, declared)).toThrow('is not an event type'),
  );

  it('leaves the bus its own noun', () => {
    expect(() => event('stream.skipped', declared)).toThrow('is the bus’s own');
  });

  it('has an example that is valid', () => {
    expect(() => event('order.placed', { ...declared, example: { orderId: 1 as never } })).toThrow('The example of order.placed is not valid');
  });

  it('is heard by nobody unless it says so', () => {
    expect(event('order.placed', declared).audience(declared.example)).toEqual([]);
  });
});

describe.each([...mela.events.values()].map((type) => [type.type, type] as const))('%s', (_name, type) => {
  it('has an example that survives the way through JSON', () => {
    expect(type.data.parse(JSON.parse(JSON.stringify(type.example)))).toEqual(type.example);
  });

  it('is heard on topics that exist', () => {
    for (const name of type.audience(type.example)) expect(mela.topics.has(parseTopic(name)!.kind)).toBe(true);
  });
});
