import { brotliDecompressSync } from 'node:zlib';
import { mela } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway({}, mela);
});
afterAll(() => ground?.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.address + path, { headers });

describe('the page of the documents', () => {
  it('may load from this server alone, run nothing inline, and be framed by nobody', async () => {
    const response = await get('/docs');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = new Map(response.headers.get('content-security-policy')!.split(';').map((directive) => directive.split(' ')).map(([name, ...sources]) => [name, sources]));
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('script-src')).toEqual(["'self'"]);
    expect(policy.get('connect-src')).toEqual(["'self'"]);
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) expect(policy.get(name), name).toEqual(["'none'"]);
    for (const [name, sources] of policy) for (const source of sources) expect(["'none'", "'self'", 'data:', 'blob:', ...(name === 'style-src' ? ["'unsafe-inline'"] : [])], name).toContain(source);
  });

  it('names nothing but what this server has', async () => {
    const html = await (await get('/docs')).text();
    const named = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address]) => address!).filter((address) => !address.startsWith('data:'));
    expect(named).toEqual(expect.arrayContaining(['/docs/docs.css', '/docs/reader.js', '/docs/docs.js', '/api/v1/openapi.json', '/api/v1/asyncapi.json', '/docs/postman.json']));
    for (const address of named) {
      expect(address).toMatch(/^\//);
      expect((await get(address)).status, address).toBe(200);
    }
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=/);
  });

  it('has what it names sent once, and compressed', async () => {
    const first = await get('/docs/reader.js', { 'accept-encoding': 'identity' });
    const body = new Uint8Array(await first.arrayBuffer());
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(body.length).toBeGreaterThan(1_000_000);
    for (const encoding of ['identity', 'br']) {
      const whole = await get('/docs/reader.js', { 'accept-encoding': encoding });
      expect(whole.headers.get('content-encoding')).toBe(encoding === 'br' ? 'br' : null);
      expect(whole.headers.get('vary')).toMatch(/accept-encoding/i);
      expect(new Uint8Array(await whole.arrayBuffer())).toEqual(body);
      expect((await get('/docs/reader.js', { 'accept-encoding': encoding, 'if-none-match': whole.headers.get('etag')! })).status).toBe(304);
    }
    expect(() => brotliDecompressSync(body)).toThrow();
  });
});

describe('the documents', () => {
  it('hold what the gateway answers itself', async () => {
    const document = (await (await get('/api/v1/openapi.json')).json()) as any;
    const batch = document.paths['/api/v1/batch'].post;
    expect(batch).toMatchObject({ operationId: 'gateway.batch', security: [{ accessToken: [] }, {}] });
    expect(batch.requestBody.content['application/json'].schema.properties.requests).toMatchObject({ type: 'array', minItems: 1, maxItems: 20 });
    expect(batch.responses[400].content['application/problem+json'].schema.properties.code.enum).toEqual(expect.arrayContaining(['batch.too_many', 'batch.doubled_id']));
  });

  it('are a Postman collection too, at the address where it was asked', async () => {
    const response = await get('/docs/postman.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ info: { name: 'Mela' }, variable: expect.arrayContaining([expect.objectContaining({ key: 'baseUrl', value: gateway.address })]) });
    expect((await get('/docs/postman.json', { 'if-none-match': response.headers.get('etag')! })).status).toBe(304);
  });
});
