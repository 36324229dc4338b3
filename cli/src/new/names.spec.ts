import { describe, expect, it } from 'vitest';
import { checkEventType, checkOperationName, checkServiceName, eventConstant, eventFile, singular, table, wordsFor, wordsOf } from './names.ts';

describe('one grammar for names', () => {
  it('writes an event’s type as a constant and as a file', () => {
    expect(eventConstant('order.status_changed')).toBe('OrderStatusChanged');
    expect(eventFile('order.status_changed')).toBe('order-status-changed');
  });

  it('writes an aggregate as a type, a key and in a sentence', () => {
    expect(wordsFor('signing-key')).toEqual({ noun: 'signing-key', type: 'SigningKey', key: 'signingKeyId', constant: 'SIGNING_KEY', some: 'a signing key' });
    expect(wordsFor('order').some).toBe('an order');
  });

  it('reads an operation aloud', () => {
    expect(wordsOf('markAllRead')).toBe('mark all read');
  });

  it.each([['communities', 'community'], ['orders', 'order'], ['inboxes', 'inbox'], ['chat', 'chat'], ['access', 'access'], ['courses', 'course']])('of the service %s one is a %s', (service, one) => {
    expect(singular(service)).toBe(one);
  });

  it('quotes what SQL would misread', () => {
    expect(table('order')).toBe('"order"');
    expect(table('notice')).toBe('notice');
  });
});

describe('what is no name is refused:', () => {
  it.each(['Orders', 'my-orders', 'order_items', 'o', '', '2nd', 'import', 'event', 'departures', '../orders'])('a service "%s"', (name) => {
    expect(() => checkServiceName(name)).toThrow();
  });

  it.each(['order', 'Order.placed', 'order.Placed', 'order.', 'order.placed now'])('an event "%s"', (type) => {
    expect(() => checkEventType(type)).toThrow();
  });

  it.each(['Cancel', 'cancel-order', 'x', '', 'a/b'])('an operation "%s"', (name) => {
    expect(() => checkOperationName(name)).toThrow();
  });
});
