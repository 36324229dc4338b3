import type { Catalogue } from '../language/catalogue.ts';
import type { EventType, Right } from '../language/event.ts';
import { parseTopic } from '../language/topic.ts';
import { Models, type Json } from './models.ts';

interface AsyncApiOptions {
  readonly version: string;
}

/** AsyncAPI 3.0 of everything that happens: on the bus for services, on topics for screens. */
export function asyncapi(catalogue: Catalogue, { version }: AsyncApiOptions): Json {
  const models = new Models(catalogue.models);
  const events = [...catalogue.events.values()];
  const topics = [...catalogue.topics.values()].map(({ kind, grantedBy }) => ({
    kind,
    grantedBy,
    events: events.filter((event) => kindsThatHear(event).has(kind)),
  }));
  const heard = topics.flatMap((topic) => topic.events);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Mela',
      version,
      description: 'What happened: as CloudEvents 1.0 on the JetStream stream MELA, and as frames on the topics of open screens.',
      license: { name: 'Apache License 2.0' },
      tags: [...[...new Set(events.map(catalogue.ownerOf))].map((name) => ({ name, description: `What ${name} says` })), { name: TOPICS, description: 'What open screens hear' }],
    },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(events.map((event) => [event.type, eventChannel(event, catalogue.ownerOf(event))])),
      ...Object.fromEntries(topics.map((topic) => [`topic.${topic.kind}`, topicChannel(topic)])),
    },
    operations: {
      ...Object.fromEntries(events.map((event) => [`publish.${event.type}`, publishing(event, catalogue.ownerOf(event))])),
      ...Object.fromEntries(topics.map((topic) => [`tell.${topic.kind}`, telling(topic)])),
    },
    components: {
      messages: {
        ...Object.fromEntries(events.map((event) => [event.type, eventMessage(event)])),
        ...Object.fromEntries(heard.map((event) => [`frame.${event.type}`, frameMessage(event)])),
      },
      schemas: {
        ...Object.fromEntries(events.map((event) => [event.type, models.received(event.data)])),
        ...models.components,
        EventHeaders: eventHeaders,
      },
    },
  };
}

interface Topic {
  readonly kind: string;
  readonly grantedBy: string;
  readonly events: readonly EventType[];
}

const TOPICS = 'topics';

/** An audience is code, so it cannot be read; the example shows whom an event of this type reaches. */
const kindsThatHear = (event: EventType): Set<string | undefined> =>
  new Set(event.audience(event.example).map((name) => parseTopic(name)?.kind));

const eventChannel = (event: EventType, owner: string): Json => ({
  title: event.type,
  address: `evt.${event.noun}.${event.verb}.{shard}`,
  description: event.summary,
  parameters: { shard: { description: `Chosen by the id of the ${event.aggregate}, whose events all share one shard and so keep their order` } },
  messages: { [event.type]: { $ref: `#/components/messages/${event.type}` } },
  tags: [{ name: owner }],
  'x-stream': 'MELA',
});

const topicChannel = ({ kind, grantedBy, events }: Topic): Json => ({
  title: `topic ${kind}`,
  address: `${kind}:{key}`,
  description: `Heard over the WebSocket by whom \`${grantedBy}\` lets subscribe.`,
  parameters: { key: { description: `The id of the ${kind}` } },
  messages: Object.fromEntries(events.map((event) => [event.type, { $ref: `#/components/messages/frame.${event.type}` }])),
  tags: [{ name: TOPICS }],
  bindings: { ws: { bindingVersion: '0.1.0', method: 'GET' } },
  'x-granted-by': grantedBy,
});

const publishing = (event: EventType, owner: string): Json => ({
  action: 'send',
  title: `publish ${event.type}`,
  summary: event.summary,
  channel: { $ref: `#/channels/${event.type}` },
  messages: [{ $ref: `#/channels/${event.type}/messages/${event.type}` }],
  tags: [{ name: owner }],
});

const telling = ({ kind, events }: Topic): Json => ({
  action: 'send',
  title: `tell ${kind}`,
  summary: `What everyone hears who is subscribed to a ${kind}`,
  channel: { $ref: `#/channels/topic.${kind}` },
  messages: events.map((event) => ({ $ref: `#/channels/topic.${kind}/messages/${event.type}` })),
});

/** Read from the example, as the audience is. */
function rights(event: EventType): Json {
  const scopes = (given: readonly Right[]) => [...new Set(given.map(({ scope }) => `\`${parseTopic(scope)?.kind}:{key}\``))].join(', ');
  const [begun, ended] = [event.grants(event.example), event.revokes(event.example)].map(scopes);
  const lines = [begun && `Begins a person’s right to hear what rests on ${begun}.`, ended && `Ends a person’s right to hear what rests on ${ended}, on every topic at once.`].filter(Boolean);
  return lines.length === 0 ? {} : { description: lines.join(' ') };
}

const eventMessage = (event: EventType): Json => ({
  name: event.type,
  title: event.summary,
  ...rights(event),
  contentType: 'application/json',
  headers: {
    allOf: [{ $ref: '#/components/schemas/EventHeaders' }],
    properties: { 'ce-type': { const: event.type } },
  },
  payload: { $ref: `#/components/schemas/${event.type}` },
  examples: [{ name: event.type, payload: event.example }],
});

const frameMessage = (event: EventType): Json => ({
  name: `frame.${event.type}`,
  title: event.summary,
  ...rights(event),
  contentType: 'application/json',
  payload: {
    type: 'object',
    properties: {
      t: { const: 'ev' },
      topic: { type: 'string', description: 'The topic it was heard on' },
      c: { type: 'string', description: 'The cursor to resume from' },
      id: { type: 'string', format: 'uuid', description: 'The id of the event: the same on every topic, so that it is applied once' },
      type: { const: event.type },
      d: { $ref: `#/components/schemas/${event.type}` },
    },
    required: ['t', 'topic', 'c', 'id', 'type', 'd'],
  },
});

/** CloudEvents 1.0 in binary mode: the attributes are headers, so a reader may route without opening the payload. */
const eventHeaders: Json = {
  type: 'object',
  properties: {
    'ce-id': { type: 'string', format: 'uuid' },
    'ce-type': { type: 'string' },
    'ce-source': { type: 'string', description: 'The service that says it: `/mela/<service>`' },
    'ce-subject': { type: 'string', description: 'The id of the aggregate that changed' },
    'ce-time': { type: 'string', format: 'date-time' },
    'ce-specversion': { const: '1.0' },
    'ce-aggregateversion': { type: 'string', pattern: '^[1-9][0-9]*$', description: 'Rises by one with every change of the aggregate' },
    'ce-actor': { type: 'string', description: 'The person who caused it, if a person did' },
    traceparent: { type: 'string', description: 'W3C Trace Context' },
  },
  required: ['ce-id', 'ce-type', 'ce-source', 'ce-subject', 'ce-time', 'ce-specversion', 'ce-aggregateversion'],
};
