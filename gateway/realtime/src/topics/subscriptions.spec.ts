import { Cursors, type Asker } from '@mela/bus';
import { createLog } from '@mela/chassis';
import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { harbours } from '../../test/harbour.contracts.fixture.ts';
import { RecentEvents } from '../history/recent-events.ts';
import { Replays } from '../history/replays.ts';
import { Rights } from '../history/rights.ts';
import { Questions } from '../limits/questions.ts';
import { Presence } from '../presence/presence.ts';
import { Connection } from '../socket/connection.ts';
import { Connections } from '../socket/connections.ts';
import { FrameBudget } from '../socket/frame-budget.ts';
import type { Wire } from '../socket/wire.ts';
import { Journal } from '../why/journal.ts';
import { Channels } from './channels.ts';
import { Entitlements } from './entitlements.ts';
import { Subscriptions } from './subscriptions.ts';

const NORTH = 'dock:north';
const personId = id(7);

/** Somebody is granted the north dock, with a cursor from a little ahead of this gateway, which waits for that place. */
async function grantedAhead() {
  const cursors = new Cursors('b7f1c4d09e2a4c6f8d3b5a7091e2f4c6');
  const recent = new RecentEvents({ events: 1_000, ageMs: 3_600_000, bytes: 1_000_000 });
  const rights = new Rights();
  const position = { epoch: 'epoch', seq: 40 };
  const journal = new Journal({ place: () => position.seq, placeOf: () => undefined, ageMs: 3_600_000 });
  const connections = new Connections(10, journal);
  const asker = { ask: (async () => ({ topic: NORTH, scope: NORTH, since: '2001-01-01T00:00:00.000Z' })) as unknown as Asker['ask'] };
  let arrives!: (there: boolean) => void;
  let wait!: () => void;
  const waiting = new Promise<void>((resolve) => (wait = resolve));
  const reaches = () => {
    wait();
    return new Promise<boolean>((resolve) => (arrives = resolve));
  };
  const subscriptions = new Subscriptions({
    connections, journal, cursors, channels: new Channels(), questions: new Questions(1_000), log: createLog('silent'),
    entitlements: new Entitlements({ catalogue: harbours, asker, rights, recent, end: () => position.seq }),
    replays: new Replays(recent, cursors, () => position.epoch),
    presence: new Presence({ tellOthers: () => undefined }),
    tail: { position, reaches },
    limits: { maxTopics: 10 },
  });
  const frames: unknown[] = [];
  const nothing = () => undefined;
  const write: Wire['write'] = (message) => void frames.push(...String(message.text).split('\n').map((line) => JSON.parse(line) as unknown));
  const wire: Wire = { isOpen: true, waiting: 0, transport: 'websocket', write, ping: nothing, whenRead: nothing, keepPlace: nothing, end: nothing };
  const connection = new Connection(wire, 1_048_576, { in: 0, out: 0 }, new FrameBudget(Number.POSITIVE_INFINITY));
  connection.session = { token: 'a token', personId, sessionId: id(900), impersonator: undefined, key: undefined, kid: 'one', expiresAt: Number.POSITIVE_INFINITY };
  connections.add(connection);
  connections.admitted(connection);
  const subscribed = subscriptions.subscribe(connection, NORTH, 8, { since: cursors.sign({ ...position, seq: 42 }) });
  await waiting;
  const told = async () => {
    arrives(true);
    await subscribed;
    return frames;
  };
  return { subscriptions, connection, told };
}

it('whoever gives a topic up that was granted, while its place is waited for, is answered', async () => {
  const { subscriptions, connection, told } = await grantedAhead();
  subscriptions.unsubscribe(connection, NORTH, 9);
  expect(await told()).toEqual([
    { i: 9, t: 'unsub', topic: NORTH },
    { i: 8, t: 'err', topic: NORTH, code: 'topic.unsubscribed', message: expect.any(String), retry: false },
  ]);
});

it('whoever loses the right meanwhile is answered, too', async () => {
  const { subscriptions, told } = await grantedAhead();
  subscriptions.revoke({ personId, scope: NORTH });
  expect(await told()).toEqual([
    { t: 'unsub', topic: NORTH, code: 'topic.forbidden' },
    { i: 8, t: 'err', topic: NORTH, code: 'topic.forbidden', message: expect.any(String), retry: false },
  ]);
});
