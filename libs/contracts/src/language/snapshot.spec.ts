import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { communities } from '../communities.ts';
import { asyncapi } from '../documents/asyncapi.ts';
import { openapi } from '../documents/openapi.ts';
import { id, Id } from './models.ts';
import { service } from './operation.ts';
import { snapshot, Version } from './snapshot.ts';

const { plants } = service('garden', { plants: snapshot({ summary: 'Every plant', item: z.object({ plantId: Id, version: Version }) }) });

describe('a snapshot', () => {
  it('is a query of its service that only services may ask, without a route', () => {
    expect(plants).toMatchObject({ id: 'garden.plants', kind: 'query', access: { rule: 'service' }, http: undefined, limits: [] });
  });

  it('gives a thousand items at a time, and never more', () => {
    expect(plants.input.parse({})).toEqual({ limit: 1_000 });
    expect(plants.input.parse({ after: 'there', limit: 7 })).toEqual({ after: 'there', limit: 7 });
    for (const limit of [0, 1_001, 1.5, '10']) expect(plants.input.safeParse({ limit }).success, String(limit)).toBe(false);
  });

  it('gives items that say their version, and where the next page begins', () => {
    const page = { items: [{ plantId: id(1), version: 3 }], next: null };
    expect(plants.output.parse(page)).toEqual(page);
    for (const version of [0, -1, 1.5, undefined]) expect(plants.output.safeParse({ items: [{ plantId: id(1), version }], next: null }).success).toBe(false);
  });

  it('of members keeps those who left', () => {
    const left = { communityId: id(1), userId: id(2), role: null, version: 4 };
    expect(communities.members.output.parse({ items: [left], next: null }).items).toEqual([left]);
  });

  it('stands in no document for clients', () => {
    const documents = JSON.stringify([openapi(mela, { version: '1', servers: [] }), asyncapi(mela, { version: '1' })]);
    expect(documents).toContain('communities.join');
    expect(documents).not.toContain(communities.members.id);
  });
});
