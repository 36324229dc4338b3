import { anyone, event, Id, id, query, service } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { busUsers, type BusUser } from './bus-users.ts';
import type { BusNeeds } from './needs.ts';

const ask = () => query({ summary: 'Asks', access: anyone, input: z.object({}), output: z.object({}) });
const bakery = service('bakery', { today: ask(), ovens: ask() });
const BreadBaked = event('bread.baked', { summary: 'Bread was baked', aggregate: 'bread', data: z.object({ breadId: Id }), example: { breadId: id(1) } });
const BreadSold = event('bread.sold', { summary: 'Bread was sold', aggregate: 'bread', data: z.object({ breadId: Id }), example: { breadId: id(1) } });

const baker: BusNeeds = { name: 'bakery', asks: [], answers: true, says: ['bread', 'cake'], hears: [] };
const shop: BusNeeds = { name: 'shop', asks: [bakery.today], answers: true, says: [], hears: [{ as: 'shop.shelf', events: [BreadBaked] }] };
const counter: BusNeeds = { name: 'counter', hears: [{ as: 'counter.bread', events: [BreadBaked, BreadSold] }] };
const screen: BusNeeds = { name: 'screen', follows: 'everything', overhears: [BreadSold], keeps: ['tickets'] };

const user = (name: string, all: readonly BusNeeds[] = [baker, shop, counter, screen]): BusUser => busUsers(all).find((one) => one.name === name)!;

describe('a user of the message bus', () => {
  it('may say its own nouns, and be asked whatever bears its name', () => {
    const { publish, subscribe } = user('bakery');
    expect(publish.allow).toEqual(expect.arrayContaining(['evt.bread.>', 'evt.cake.>', 'evt.stream.skipped.0', 'bell.bakery']));
    expect(subscribe.allow).toEqual(['_INBOX_bakery.>', 'bell.bakery', 'bell.bakery.dlq', 'svc.bakery.>']);
  });

  it('answers those alone who may ask it, and in one part of their inboxes', () => {
    expect(user('bakery').publish.allow.filter((subject) => subject.startsWith('_INBOX'))).toEqual(['_INBOX_shop.answer.>']);
    expect(user('shop').publish.allow.filter((subject) => subject.startsWith('_INBOX'))).toEqual([]);
  });

  it('asks what it names, each operation by itself', () => {
    expect(user('shop').publish.allow.filter((subject) => subject.startsWith('svc.'))).toEqual(['svc.bakery.today']);
  });

  it('uses its own durables, each under its name and with its filter', () => {
    expect(user('counter').publish.allow.filter((subject) => subject.includes('counter_bread'))).toEqual([
      '$JS.ACK.MELA.counter_bread.>',
      '$JS.API.CONSUMER.CREATE.MELA.counter_bread.evt.bread.*.*',
      '$JS.API.CONSUMER.INFO.MELA.counter_bread',
      '$JS.API.CONSUMER.MSG.NEXT.MELA.counter_bread',
    ]);
    expect(user('shop').publish.allow).toContain('$JS.API.CONSUMER.CREATE.MELA.shop_shelf.evt.bread.baked.*');
  });

  it('that follows the stream under any name is denied every durable of others', () => {
    const { deny } = user('screen').publish;
    for (const durable of ['shop_shelf', 'counter_bread'])
      expect(deny).toEqual(expect.arrayContaining([`$JS.API.CONSUMER.CREATE.MELA.${durable}`, `$JS.API.CONSUMER.CREATE.MELA.${durable}.>`, `$JS.API.CONSUMER.MSG.NEXT.MELA.${durable}`, `$JS.API.CONSUMER.DELETE.MELA.${durable}`]));
    expect(user('shop').publish.deny).toEqual([]);
  });

  it('is told of no event but those that it overhears', () => {
    expect(user('screen').subscribe.allow).toEqual(['_INBOX_screen.>', 'evt.bread.sold.*']);
    expect(user('shop').subscribe.allow.filter((subject) => subject.startsWith('evt.'))).toEqual([]);
  });

  it.each(['bakery', 'shop', 'counter', 'screen'])('such as %s can never change, empty or remove the stream', (name) => {
    const { publish, subscribe } = user(name);
    expect(publish.allow.filter((subject) => /STREAM\.(DELETE|PURGE|UPDATE|MSG\.DELETE|SNAPSHOT|RESTORE)\.(MELA|\*|>)/.test(subject))).toEqual([]);
    for (const broad of ['>', 'evt.>', '$JS.>', '$JS.API.>', '_INBOX.>', 'svc.>']) expect([...publish.allow, ...subscribe.allow]).not.toContain(broad);
  });

  it('is one of a kind', () => {
    expect(() => busUsers([baker, { name: 'bakery' }])).toThrow('Two users of the message bus are called bakery');
  });
});
