import { describe, expect, it } from 'vitest';
import type { Connection } from '../socket/connection.ts';
import { Subscription } from '../topics/subscription.ts';
import { Journal } from './journal.ts';
import { PassedOverEvents } from './passed-over.ts';

function ground(most: { most?: number; mostOfOne?: number } = {}) {
  const clock = { now: 1_000_000, place: 10 };
  const journal = new Journal({ place: () => clock.place, placeOf: Number, ageMs: 60_000, now: () => clock.now, ...most });
  let made = 0;
  const connect = (personId = 'asha', impersonator?: string) => {
    const connection = { id: `c${++made}`, session: { personId, impersonator }, subscriptions: new Map(), waiting: 0 } as unknown as Connection;
    journal.began(connection);
    return connection;
  };
  const subscribe = (connection: Connection, topic: string) => {
    const subscription = new Subscription(connection, topic, clock.place);
    connection.subscriptions.set(topic, subscription);
    journal.asked(subscription);
    journal.granted(subscription, { from: clock.place, rightFrom: 0, cursor: 'none' });
    journal.caughtUp(subscription);
    return subscription;
  };
  const ids = (personId = 'asha') => journal.connectionsOf(personId).map(({ id }) => id);
  return { clock, journal, connect, subscribe, ids };
}

describe('the journal', () => {
  it('knows from which place to which each topic was heard', () => {
    const { clock, journal, connect, subscribe } = ground();
    const connection = connect();
    const subscription = subscribe(connection, 'dock:1');
    clock.place = 20;
    journal.subscriptionEnded(subscription, 'unwanted');
    clock.place = 30;
    subscribe(connection, 'dock:1');
    clock.place = 40;
    connection.end = { code: 1000, clean: true };
    journal.ended(connection);
    const [record] = journal.connectionsOf('asha');
    expect(record).toMatchObject({ began: { seq: 10 }, ended: { seq: 40, code: 1000, clean: true } });
    expect(record!.subscriptions.map(({ granted, ended }) => [granted!.from, ended!.seq, ended!.how])).toEqual([[10, 20, 'unwanted'], [30, 40, 'gone']]);
    expect(record!.connection).toBeUndefined();
  });

  it('knows which connections are those of an admin who looks through the person’s eyes', () => {
    const { journal, connect } = ground();
    connect();
    journal.ended(connect('asha', 'an admin'));
    expect(journal.connectionsOf('asha').map(({ impersonator }) => impersonator)).toEqual([undefined, 'an admin']);
  });

  it('ends with what was written, and not with the socket', () => {
    const { clock, journal, connect, subscribe } = ground();
    const connection = connect();
    subscribe(connection, 'dock:1');
    clock.place = 20;
    connection.whenEnding!({ frames: [{ cursor: '18' }] } as never);
    clock.place = 25;
    connection.end = { code: 4008, clean: false };
    journal.ended(connection);
    const [record] = journal.connectionsOf('asha');
    expect([record!.ended!.seq, record!.ended!.code, record!.subscriptions[0]!.ended!.seq]).toEqual([20, 4008, 17]);
  });

  it('knows the last sign of life from what came after it in the same millisecond', () => {
    const { clock, journal, connect, subscribe } = ground();
    const connection = connect();
    subscribe(connection, 'dock:1');
    connection.whenHeard!();
    subscribe(connection, 'dock:2');
    clock.place = 20;
    journal.ended(connection);
    const [{ heard, subscriptions }] = journal.connectionsOf('asha') as [ReturnType<Journal['connectionsOf']>[number]];
    expect(heard).toMatchObject({ at: 1_000_000, seq: 10 });
    expect(subscriptions.map(({ live }) => live!.turn < heard.turn)).toEqual([true, false]);
  });

  it('forgets those that ended long ago, and says since when it knows', () => {
    const { clock, journal, connect, ids } = ground();
    const [early, late] = [connect(), connect()];
    expect(journal.since('asha')).toBe(1_000_000);
    journal.ended(early);
    clock.now += 59_000;
    journal.ended(late);
    clock.now += 2_000;
    expect([ids(), journal.since('asha')]).toEqual([['c2'], 1_001_000]);
    clock.now += 60_000;
    expect([ids(), journal.since('asha')]).toEqual([[], 1_061_000]);
  });

  it('keeps so many of those that ended, with their subscriptions, and all that are open', () => {
    const { clock, journal, connect, subscribe, ids } = ground({ most: 6 });
    const open = connect();
    for (let n = 0; n < 5; n++) {
      clock.now += 1_000;
      const connection = connect();
      subscribe(connection, 'dock:1');
      journal.ended(connection);
    }
    expect(ids()).toEqual([open.id, 'c4', 'c5', 'c6']);
    expect(journal.since('asha')).toBe(1_002_000);
    expect(ids('ravi')).toEqual([]);
  });

  it('keeps so much of one person, who pushes out nobody else’s past', () => {
    const { clock, journal, connect, subscribe, ids } = ground({ most: 8, mostOfOne: 5 });
    journal.ended(connect('ravi'));
    const open = connect();
    for (let n = 0; n < 5; n++) {
      clock.now += 1_000;
      const poll = connect();
      subscribe(poll, 'dock:1');
      journal.ended(poll);
    }
    expect([ids(), ids('ravi')]).toEqual([[open.id, 'c6', 'c7'], ['c1']]);
    expect([journal.since('asha'), journal.since('ravi')]).toEqual([1_003_000, 1_000_000]);
    clock.now += 61_000;
    expect([ids(), ids('ravi')]).toEqual([[open.id], []]);
  });

  it('keeps the latest of many subscriptions that ended on one connection, and says up to where it forgot', () => {
    const { clock, journal, connect, subscribe } = ground();
    const connection = connect();
    const staying = subscribe(connection, 'dock:stays');
    for (let n = 0; n < 150; n++) {
      const subscription = subscribe(connection, 'dock:1');
      clock.place++;
      journal.subscriptionEnded(subscription, 'unwanted');
    }
    const [record] = journal.connectionsOf('asha');
    expect(record!.subscriptions).toHaveLength(101);
    expect(record!.subscriptions[0]!.topic).toBe(staying.topic);
    expect(record!.forgottenUntil).toBe(60);
  });

  it('knows nothing of the places of a stream that was replaced', () => {
    const { clock, journal, connect, ids } = ground();
    const connection = connect();
    journal.streamBegins(10);
    expect(ids()).toEqual(['c1']);
    clock.now += 5_000;
    clock.place = 3;
    journal.streamBegins(3);
    expect([ids(), journal.since('asha')]).toEqual([[], 1_005_000]);
    journal.ended(connection);
    expect(ids()).toEqual([]);
    connect();
    expect(ids()).toEqual(['c2']);
  });
});

describe('events that were passed over', () => {
  it('are remembered with the reason, the latest of them', () => {
    const passedOver = new PassedOverEvents();
    for (let n = 0; n <= 10_000; n++) passedOver.note(`E${n}`, 'repeat');
    passedOver.note('e1', 'unreadable');
    passedOver.note('x'.repeat(37), 'repeat');
    passedOver.note(undefined, 'unreadable');
    expect([passedOver.reasonOf('e0'), passedOver.reasonOf('e1'), passedOver.reasonOf('e10000')]).toEqual([undefined, 'unreadable', 'repeat']);
  });
});
