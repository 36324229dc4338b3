import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { MemberJoined, MemberLeft } from '../communities.ts';
import { event } from './event.ts';
import { id } from './models.ts';
import { topic } from '../topics.ts';
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

  it('begins and ends no right unless it says so', () => {
    const placed = event('order.placed', declared);
    expect([placed.grants(declared.example), placed.revokes(declared.example)]).toEqual([[], []]);
    const right = { personId: 'asha', scope: 'order:1' };
    const handed = event('order.handed', { ...declared, grants: (e) => [{ ...right, scope: `order:${e.orderId}` }], revokes: () => [{ ...right, personId: 'ravi' }] });
    expect([handed.grants(declared.example), handed.revokes(declared.example)]).toEqual([[right], [{ ...right, personId: 'ravi' }]]);
  });
});

it('a membership is a right to its community, from joining until leaving', () => {
  const [membership, right] = [{ communityId: id(2), userId: id(3) }, { personId: id(3), scope: `community:${id(2)}` }];
  expect(MemberJoined.grants({ ...membership, role: 'member' })).toEqual([right]);
  for (const removedBy of [null, id(1)]) expect(MemberLeft.revokes({ ...membership, removedBy })).toEqual([right]);
});

describe.each([...mela.events.values()].map((type) => [type.type, type] as const))('%s', (_name, type) => {
  it('has an example that survives the way through JSON', () => {
    expect(type.data.parse(JSON.parse(JSON.stringify(type.example)))).toEqual(type.example);
  });

  it('is heard on topics that exist', () => {
    for (const name of type.audience(type.example)) expect(mela.topics.has(parseTopic(name)!.kind)).toBe(true);
  });

  it('begins and ends rights on scopes that exist, and tells the person', () => {
    for (const { personId, scope } of [...type.grants(type.example), ...type.revokes(type.example)]) {
      expect(mela.topics.has(parseTopic(scope)!.kind)).toBe(true);
      expect(type.audience(type.example)).toContain(topic.person(personId));
    }
  });
});
