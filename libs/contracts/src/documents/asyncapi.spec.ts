import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { mela } from '../catalogue.ts';
import { asyncapi } from './asyncapi.ts';

// The official meta-schema marks some formats (uri-reference, …) that say nothing about our document's shape.
const valid = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(specs.schemasWithoutId['3.0.0'] as object);

const faults = (document: object) => {
  valid(document);
  return (valid.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
};

describe('the AsyncAPI document', () => {
  const document = asyncapi(mela, { version: '1.2.3' }) as any;

  it('passes the official schema', () => {
    expect(faults(document)).toEqual([]);
  });

  it('would not pass with a fault in it, so the schema does look', () => {
    expect(faults({ ...document, channels: { broken: { address: 42 } } })).not.toEqual([]);
  });

  it('points only at what it holds', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!);
    const dangling = references.filter(
      (path) => path.split('/').reduce((at: any, key) => at?.[key], document) === undefined,
    );
    expect(references.length).toBeGreaterThan(0);
    expect(dangling).toEqual([]);
  });

  it('has a channel on the stream for every event, with the attributes of a CloudEvent as headers', () => {
    for (const event of mela.events.values()) {
      expect(document.channels[event.type]).toMatchObject({ address: `evt.${event.type}.{shard}`, 'x-stream': 'MELA' });
      expect(document.components.messages[event.type].headers.properties['ce-type']).toEqual({ const: event.type });
      expect(document.operations[`publish.${event.type}`].tags).toEqual([{ name: mela.ownerOf(event) }]);
    }
    expect(document.components.schemas.EventHeaders.required).toContain('ce-aggregateversion');
  });

  it('has a channel for every kind of topic, with the frames of the events that reach it', () => {
    expect(document.channels['topic.community']).toMatchObject({ address: 'community:{key}', 'x-granted-by': 'communities.hearing' });
    expect(Object.keys(document.channels['topic.community'].messages)).toContain('post.created');
    expect(Object.keys(document.channels['topic.person'].messages)).not.toContain('post.created');
    expect(document.components.messages['frame.post.created'].payload.properties.t).toEqual({ const: 'ev' });
  });

  it('tells which rights begin and end with an event', () => {
    const { messages } = document.components;
    for (const frame of ['', 'frame.']) {
      expect(messages[`${frame}member.joined`].description).toMatch(/^Begins .*`community:{key}`/);
      expect(messages[`${frame}member.left`].description).toMatch(/^Ends .*`community:{key}`/);
    }
    expect(messages['post.created']).not.toHaveProperty('description');
    expect(document.channels['topic.post']).toMatchObject({ address: 'post:{key}', 'x-granted-by': 'communities.hearingPost' });
    expect(Object.keys(document.channels['topic.post'].messages)).toEqual(['comment.created', 'comment.erased']);
  });

  it('groups what each service says, and what screens hear', () => {
    expect(document.info.tags.map(({ name }: { name: string }) => name)).toEqual([...new Set([...mela.events.values()].map(mela.ownerOf)), 'topics']);
    expect(document.channels['post.created']).toMatchObject({ title: 'post.created', tags: [{ name: 'communities' }] });
    expect(document.channels['topic.community']).toMatchObject({ title: 'topic community', tags: [{ name: 'topics' }] });
  });

  it('is the same text every time', () => {
    expect(JSON.stringify(asyncapi(mela, { version: '1.2.3' }))).toBe(JSON.stringify(document));
  });
});
