import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { anyone, member, services } from './access.ts';
import { catalogue } from './catalogue.ts';
import { event } from './event.ts';
import { command, query, service } from './operation.ts';
import type { RouteText } from './route.ts';
import { snapshot, Version } from './snapshot.ts';
import { hearing } from './hearing.ts';
import { topicKind } from './topic.ts';

const ask = (http?: RouteText, input = z.object({})) =>
  query({ summary: 'Asks', access: anyone, input, output: z.object({}), ...(http === undefined ? {} : { http }) });
const happened = (type: string) =>
  event(type, { summary: 'It happened', aggregate: 'order', data: z.object({}), example: {} });

const orders = { contract: service('orders', { list: ask('GET /orders') }), OrderPlaced: happened('order.placed') };

describe('a catalogue', () => {
  it('finds what is declared, by name', () => {
    const found = catalogue([orders], {});
    expect(found.operations.get('orders.list')).toBe(orders.contract.list);
    expect(found.events.get('order.placed')).toBe(orders.OrderPlaced);
    expect(found.ownerOf(orders.OrderPlaced)).toBe('orders');
  });

  it('lists all faults at once', () => {
    const faulty = { contract: service('shop', { list: ask('GET /orders'), one: ask('GET /orders/:id') }) };
    expect(() => catalogue([orders, faulty], {})).toThrow(/route GET .*\n.*shop\.one has :id/s);
  });
});

describe('what contradicts is refused:', () => {
  const shop = service('shop', { list: ask() });
  it.each<[string, Parameters<typeof catalogue>, string]>([
    ['a service declared twice', [[orders, { contract: service('orders', {}) }], {}], 'service orders is declared twice'],
    ['an event declared twice', [[{ ...orders, Again: happened('order.placed') }], {}], 'event order.placed is declared twice'],
    ['an event of another service’s noun', [[orders, { shop, OrderLost: happened('order.lost') }], {}], 'the noun "order" belongs to orders, and shop declares order.lost'],
    ['a domain without a service', [[{ Order: z.object({}) }], {}], 'A domain exports no service: Order'],
    ['one route for two operations', [[{ contract: service('shop', { one: ask('GET /shops'), two: ask('GET /shops') }) }], {}], 'route GET /api/v1/shops is declared twice'],
    [
      'two routes that only their parameters’ names tell apart',
      [[{ contract: service('shop', { one: ask('GET /shops/:id', z.object({ id: z.string() })), two: ask('GET /shops/:name', z.object({ name: z.string() })) }) }], {}],
      'route GET /api/v1/shops/: is declared twice',
    ],
    ['a route parameter that the input lacks', [[{ contract: service('shop', { one: ask('GET /shops/:shopId') }) }], {}], 'shop.one has :shopId in its route but not in its input'],
    [
      'a member rule on a field that the input lacks',
      [[{ contract: service('shop', { one: query({ summary: 'x', access: member('shopId'), input: z.object({}), output: z.object({}) }) }) }], {}],
      'shop.one is for members of "shopId", which its input lacks',
    ],
    [
      'an operation that says what its service does not declare',
      [[{ contract: service('shop', { buy: command({ summary: 'x', access: anyone, input: z.object({}), output: z.object({}), emits: [orders.OrderPlaced] }) }) }, orders], {}],
      'shop.buy emits order.placed, which shop does not declare',
    ],
    [
      'an input that lets unknown fields in further down',
      [[{ contract: service('shop', { buy: query({ summary: 'x', access: anyone, input: z.object({ items: z.array(z.object({ id: z.string() })) }), output: z.object({}) }) }) }], {}],
      'shop.buy lets unknown fields into "items"',
    ],
    [
      'a route to what is for services alone',
      [[{ contract: service('shop', { stock: query({ summary: 'x', http: 'GET /stock', access: services, input: z.object({}), output: z.object({}) }) }) }], {}],
      'shop.stock is for services alone and has a route',
    ],
    [
      'a topic that is granted by what is for services alone',
      [[{ contract: service('shop', { stock: snapshot({ summary: 'x', item: z.object({ version: Version }) }) }) }], { shop: topicKind('shop', { grantedBy: 'shop.stock' }) }],
      'topic shop is granted by shop.stock, which is for services alone',
    ],
    ['a topic that nobody grants', [[orders], { order: topicKind('order', { grantedBy: 'orders.hearing' }) }], 'topic order is granted by orders.hearing, which nobody declares'],
  ])('%s', (_what, given, fault) => {
    expect(() => catalogue(...given)).toThrow(fault);
  });
});

it('a topic that somebody grants is found by its kind', () => {
  const order = topicKind('order', { grantedBy: 'orders.hearing' });
  const found = catalogue([{ contract: service('orders', { hearing: hearing('May the caller hear this order?') }) }], { order });
  expect(found.topics.get('order')).toBe(order);
});

describe('Mela’s own operations', () => {
  it.each([...mela.operations.values()].map((operation) => [operation.id, operation] as const))('%s is named by the grammar', (id, operation) => {
    expect(id).toMatch(/^[a-z]+\.[a-z][A-Za-z]*$/);
    expect(operation.subject).toBe(`svc.${id}`);
    expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
  });

  it('have codes of their own: two refusals never share one', () => {
    const titles = new Map<string, string>();
    for (const refusal of [...mela.operations.values()].flatMap((operation) => operation.refusals)) {
      expect(titles.get(refusal.code) ?? refusal.title).toBe(refusal.title);
      titles.set(refusal.code, refusal.title);
    }
  });
});
