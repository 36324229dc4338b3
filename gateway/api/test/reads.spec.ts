import { connectBus, Cursors, STREAM, StreamPosition } from '@mela/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;
let nc: NatsConnection;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
  nc = await connectBus({ url: ground.nats.url, name: 'test' });
});
afterEach(() => ground.answers.clear());
afterAll(async () => {
  await nc?.close();
  await ground?.close();
});

const books = (headers: Record<string, string> = {}) => fetch(`${gateway.address}/api/v1/shelves/1/books`, { headers });
const large = { items: Array.from({ length: 200 }, (_, n) => ({ title: `Book number ${n}` })) };

describe('a read', () => {
  it('tells the position of the stream, signed, as it was before the service was asked', async () => {
    const before = await new StreamPosition(nc).current();
    ground.answers.set('read', async () => {
      await (await jetstreamManager(nc)).streams.info(STREAM);
      nc.publish('evt.book.moved.0', '{}');
      await nc.flush();
      return jsonReply({});
    });
    const own = await ground.gateway();
    const response = await fetch(`${own.address}/api/v1/shelves/1/books`);
    expect(new Cursors('f'.repeat(40)).open(response.headers.get('mela-cursor')!)).toEqual(before);
    expect((await new StreamPosition(nc).current()).seq).toBe(before.seq + 1);
  });

  it('tells the service’s own position instead, where it says one', async () => {
    ground.answers.set('read', () => jsonReply({}, { 'mela-cursor': 'its-own' }));
    expect((await books()).headers.get('mela-cursor')).toBe('its-own');
  });

  it('is tagged by its bytes, and not sent again to who has it', async () => {
    const first = await books();
    const tag = first.headers.get('etag')!;
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');

    for (const held of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const second = await books({ 'if-none-match': held });
      expect(second.status, held).toBe(304);
      expect(await second.text()).toBe('');
      expect(second.headers.get('etag')).toBe(tag);
      expect(second.headers.get('mela-cursor')).toBeTruthy();
      expect(second.headers.get('cache-control')).toBe('private, no-cache');
    }
    ground.answers.set('read', () => jsonReply({ changed: true }));
    expect((await books({ 'if-none-match': tag })).status).toBe(200);
  });

  it('that is refused is neither tagged nor kept', async () => {
    ground.answers.set('read', () => jsonReply({ code: 'resource.not_found' }, { 'content-type': 'application/problem+json' }, 404));
    const response = await books();
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    for (const name of ['etag', 'mela-cursor']) expect(response.headers.get(name), name).toBeNull();
  });

  it('at a fixed place may be kept by anybody', async () => {
    expect((await fetch(`${gateway.address}/.well-known/keys.json`)).headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('is answered without its body to HEAD', async () => {
    const full = await books();
    const head = await fetch(`${gateway.address}/api/v1/shelves/1/books`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('etag')).toBe(full.headers.get('etag'));
    expect(head.headers.get('content-length')).toBe(String((await full.text()).length));
  });

  it('that changes something has no cursor and is not kept', async () => {
    const response = await fetch(`${gateway.address}/api/v1/shelves/1/books`, { method: 'DELETE' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    for (const name of ['etag', 'mela-cursor']) expect(response.headers.get(name), name).toBeNull();
  });
});

describe('a long answer', () => {
  it.each([['br'], ['gzip']])('is compressed for whoever takes %s, and its tag says so', async (coding) => {
    ground.answers.set('read', () => jsonReply(large));
    const plain = await books({ 'accept-encoding': 'identity' });
    const compressed = await books({ 'accept-encoding': coding });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(compressed.headers.get('content-encoding')).toBe(coding);
    expect(compressed.headers.get('vary')).toMatch(/accept-encoding/i);
    expect(await compressed.json()).toEqual(await plain.json());

    const tag = plain.headers.get('etag')!;
    const codedTag = compressed.headers.get('etag')!;
    expect(codedTag).toBe(`${tag.slice(0, -1)}-${coding}"`);
    const again = await books({ 'accept-encoding': coding, 'if-none-match': codedTag });
    expect(again.status).toBe(304);
    expect(again.headers.get('etag')).toBe(codedTag);
  });

  it('is sent as it is when it is short', async () => {
    expect((await books({ 'accept-encoding': 'br, gzip' })).headers.get('content-encoding')).toBeNull();
  });
});
