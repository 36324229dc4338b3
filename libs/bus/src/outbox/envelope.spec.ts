import { event, Id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seal, unseal } from './envelope.ts';
import { Poison } from './poison.ts';

const PlantGrew = event('plant.grew', {
  summary: 'A plant grew',
  aggregate: 'plant',
  data: z.object({ plantId: Id, height: z.number(), leaf: z.object({ colour: z.string() }).optional() }),
  example: { plantId: '01900000-0000-7000-8000-000000000001', height: 3 },
});
const data = PlantGrew.example;
const plant = { id: data.plantId, version: 7 };
const source = '/mela/garden';

const read = (headers: Record<string, string>, payload: Uint8Array | string, subject = 'evt.plant.grew.3') =>
  unseal(PlantGrew, { subject, header: (name) => headers[name], payload: typeof payload === 'string' ? Buffer.from(payload) : payload });

describe('an event that is sealed', () => {
  it('comes out as it went in', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const sealed = seal(PlantGrew, plant, data, { source, actor: 'asha', traceparent });
    expect(read(sealed.headers, sealed.payload)).toEqual({
      id: sealed.eventId,
      type: 'plant.grew',
      source,
      subject: plant.id,
      time: sealed.headers['ce-time'],
      aggregateVersion: 7,
      actor: 'asha',
      traceparent,
      data,
    });
    expect(sealed.subject).toBe(`evt.plant.grew.${sealed.shard}`);
    expect(sealed.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it.each([
    ['a field that is not declared', { ...data, wild: 1 }, 'does not declare wild'],
    ['a field that is not declared, deep inside', { ...data, leaf: { colour: 'green', veins: 9 } }, 'does not declare leaf.veins'],
    ['data that does not fit', { ...data, height: 'tall' }, 'does not fit'],
    ['too much', { ...data, leaf: { colour: 'x'.repeat(600_000) } }, 'at most 524288'],
  ])('must not carry %s', (_, wrong, fault) => {
    expect(() => seal(PlantGrew, plant, wrong as typeof data, { source })).toThrow(fault);
  });

  it.each([
    [{ id: 'a\r\nNats-Rollup: all', version: 1 }, 'ce-subject'],
    [{ id: '', version: 1 }, 'ce-subject'],
    [{ id: plant.id, version: 0 }, 'version'],
  ])('must not smuggle anything through its headers: %j', (aggregate, fault) => {
    expect(() => seal(PlantGrew, aggregate, data, { source })).toThrow(fault);
  });
});

describe('an event that is read', () => {
  const { headers, payload } = seal(PlantGrew, plant, data, { source });

  it('may carry what a newer writer added', () => {
    expect(read({ ...headers, 'ce-mood': 'good' }, JSON.stringify({ ...data, roots: 4 })).data).toEqual(data);
  });

  it.each([
    ['no id', { ...headers, 'ce-id': '' }, payload],
    ['an id that is none', { ...headers, 'ce-id': '7' }, payload],
    ['another type', { ...headers, 'ce-type': 'plant.withered' }, payload],
    ['another version of CloudEvents', { ...headers, 'ce-specversion': '2.0' }, payload],
    ['a version that is none', { ...headers, 'ce-aggregateversion': 'x' }, payload],
    ['broken JSON', headers, '{"plantId":'],
    ['bytes that are no text', headers, Buffer.from([0xff, 0xfe])],
    ['data that does not fit', headers, '{"plantId":"nobody","height":1}'],
    ['nothing', headers, ''],
  ])('is poison with %s', (_, wrong, bytes) => {
    expect(() => read(wrong, bytes)).toThrow(Poison);
  });

  it.each(['evt.stone.grew.3', 'evt.plant.withered.3', 'evt.plant.grew', 'svc.plant.grew.3', 'evt.plant.grew.again.3'])('is poison where it was published as %s: who may do that may not say this', (subject) => {
    expect(() => read(headers, payload, subject)).toThrow(Poison);
  });
});
