import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anyone, person, reaches } from './access.ts';
import { perAddress, perUser } from './limit.ts';
import { Text, id, Id, pageOf } from './models.ts';
import { command, download, query, service } from './operation.ts';
import { isRefusal, refusal } from './refusal.ts';
import { route } from './route.ts';
import { parseTopic, topicKind } from './topic.ts';

const input = z.object({ title: Text(10) });
const declared = { summary: 'Add a book', access: person, input, output: z.object({}) };

describe('an operation', () => {
  it('is named by its service and its key', () => {
    const { add } = service('library', { add: command(declared) });
    expect(add).toMatchObject({ id: 'library.add', service: 'library', name: 'add', subject: 'svc.library.add', kind: 'command' });
  });

  it('refuses fields it does not know', () => {
    expect(command(declared).input.safeParse({ title: 'Emma', role: 'admin' }).success).toBe(false);
  });

  it('without a route or a limit has neither', () => {
    expect(query({ ...declared, access: anyone })).toMatchObject({ http: undefined, limits: [], refusals: [], emits: [], secret: false });
  });

  it('answers JSON, or a file of the type that it says', () => {
    expect(query(declared).mediaType).toBeUndefined();
    expect(download({ summary: 'A book', http: 'GET /book', access: anyone, input: z.object({}), mediaType: 'application/pdf' })).toMatchObject({ kind: 'query', mediaType: 'application/pdf' });
  });

  it('takes one limit or several', () => {
    expect(command({ ...declared, limit: perUser(30, '1m') }).limits).toEqual([{ per: 'person', requests: 30, windowSeconds: 60 }]);
    expect(command({ ...declared, limit: [perUser(5, '10s'), perAddress(100, '2h')] }).limits).toEqual([
      { per: 'person', requests: 5, windowSeconds: 10 },
      { per: 'address', requests: 100, windowSeconds: 7200 },
    ]);
  });
});

describe('a route', () => {
  it('stands under /api/v1 and knows its parameters', () => {
    expect(route('POST /shelves/:shelfId/books/:bookId')).toEqual({
      method: 'POST',
      path: '/api/v1/shelves/:shelfId/books/:bookId',
      params: ['shelfId', 'bookId'],
      hasBody: true,
    });
  });

  it('stands where the world expects it, if it is well known', () => {
    expect(route('GET /.well-known/jwks.json')).toMatchObject({ path: '/.well-known/jwks.json', hasBody: false });
  });

  it('has a method that exists', () => {
    expect(() => route('FETCH /books' as never)).toThrow('"FETCH /books" does not begin with one of GET, POST');
  });
});

describe('a topic', () => {
  it('is named by kind and key, and the name can be read back', () => {
    const community = topicKind('community', { grantedBy: 'communities.hearing' });
    expect(parseTopic(community(id(42)))).toEqual({ kind: 'community', key: id(42) });
  });

  it.each(['community', 'community:', ':42', 'Community:42', 'community:4 2', `community:${'x'.repeat(65)}`, 'community:42:43'])('is not named "%s"', (name) => {
    expect(parseTopic(name)).toBeUndefined();
  });
});

describe('a refusal', () => {
  const Full = refusal('booking.full', 409, 'This event is full', 'Join the waiting list');

  it('is a value with a stable code', () => {
    expect(Full('No seat left', { seats: 20 })).toEqual({
      refused: true,
      code: 'booking.full',
      status: 409,
      title: 'This event is full',
      hint: 'Join the waiting list',
      detail: 'No seat left',
      facts: { seats: 20 },
    });
    expect(isRefusal(Full())).toBe(true);
    expect(isRefusal({ code: 'booking.full' })).toBe(false);
  });

  it.each(['full', 'Booking.full', 'booking.Full', 'booking.', 'booking-full'])('has no code like "%s"', (code) => {
    expect(() => refusal(code, 409, 'Full')).toThrow('is not a code');
  });
});

describe('the shared models', () => {
  it('trim text, compose it, and refuse emptiness', () => {
    expect(Text(10).parse('  Cafe\u0301 ')).toBe('Caf\u00e9');
    expect(Text(10).safeParse('   ').success).toBe(false);
    expect(Text(3).safeParse('four').success).toBe(false);
  });

  it('make readable ids that are valid', () => {
    expect(Id.parse(id(7))).toBe('01900000-0000-7000-8000-000000000007');
  });

  it('page through lists 20 at a time, and never more than 100', () => {
    const page = z.object(pageOf);
    expect(page.parse({})).toEqual({ limit: 20 });
    expect(page.parse({ limit: '50' })).toEqual({ limit: 50 });
    expect(page.safeParse({ limit: '1e9' }).success).toBe(false);
  });
});

it('a role reaches what weaker roles may do, and no more', () => {
  expect(reaches('admin', 'moderator')).toBe(true);
  expect(reaches('member', 'moderator')).toBe(false);
});
