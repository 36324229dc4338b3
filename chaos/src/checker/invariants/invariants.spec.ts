import type { Asked, Evidence, HeardEvent, ServiceEvidence, StreamEvent, Struck, Workload } from '@mela/testkit/chaos';
import { id, topic, type Right } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { ofLittle } from '../fixture/workloads.fixture.ts';
import { judge } from '../verdict.ts';

const nothing: Evidence = { history: [], stream: [], services: {}, tally: {} };
const nobody: ServiceEvidence = { aggregates: {}, rows: {}, outbox: [], sent: [], deadLetters: [], owned: {}, kept: {} };
const asked: Asked = {
  kind: 'asked', who: 'asha', personId: id(1), operation: 'communities.createPost', command: true, input: { communityId: id(2), body: 'hello' },
  key: id(7), attempt: 1, at: 1_000, endedAt: 1_050, outcome: { kind: 'answered', status: 200, body: { id: id(4) }, replayed: false },
};
/** Whatever was posted is there once: how it was answered is the question. */
const kept: Workload = { service: 'communities', aggregates: {}, rows: {}, acts: [], probe: async () => [], effects: { 'communities.createPost': () => 1 } };
const complaints = (evidence: Partial<Evidence>, limits = {}) => judge({ ...nothing, services: { communities: nobody }, ...evidence }, [kept], { ...ofLittle, ...limits }).violations.map(({ what }) => what);

const struck: Struck = { kind: 'struck', fault: 'role killed', roles: [], at: 0, healedAt: 0, calmAt: 0, recoveredAt: 0 };

describe('an answer', () => {
  const failing = (status: number, code: string) => complaints({ history: [{ ...asked, outcome: { kind: 'refused', status, code } }] });

  it('may say 503 and 504, and nothing else above', () => {
    expect([failing(503, 'service.unavailable'), failing(504, 'service.timed_out')]).toEqual([[], []]);
    expect([failing(500, 'service.failed'), failing(502, 'undefined'), failing(507, 'storage.full')].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('may take as long as it is allowed to, and what stood still meanwhile is nobody’s fault', () => {
    const frozen: Struck = { ...struck, fault: 'role frozen', roles: ['api'], at: 5_000, healedAt: 15_000, calmAt: 20_000, recoveredAt: 20_100 };
    const long = { ...asked, endedAt: asked.at + 22_000 };
    expect(complaints({ history: [{ ...asked, endedAt: asked.at + 13_000 }] })).toEqual([]);
    expect(complaints({ history: [long] })).toHaveLength(1);
    expect(complaints({ history: [long, frozen] })).toEqual([]);
    expect(complaints({ history: [long, { ...frozen, at: 11_000 }] })).toHaveLength(1);
    // What stood behind it is the front door's to make up for.
    expect(complaints({ history: [long, { ...frozen, roles: ['communities'] }] })).toHaveLength(1);
    expect(complaints({ history: [long, { ...frozen, fault: 'nats frozen' }] })).toHaveLength(1);
    // Overlapping, they are one standstill and not two.
    expect(complaints({ history: [{ ...asked, endedAt: asked.at + 25_000 }, frozen, { ...frozen, at: 4_900 }] })).toHaveLength(1);
    expect(complaints({ history: [long] }, { answerWithinMs: 25_000 })).toEqual([]);
  });

  it('may be broken off only where the front door was struck, from the blow until all is well again', () => {
    const broken: Asked = { ...asked, outcome: { kind: 'broken', why: 'ECONNRESET' } };
    const near: Struck = { ...struck, roles: ['api'], at: 500, healedAt: 600, calmAt: 600, recoveredAt: 1_020 };
    expect(complaints({ history: [broken, near] })).toEqual([]);
    expect(complaints({ history: [broken] })).toHaveLength(1);
    expect(complaints({ history: [broken, { ...near, roles: ['communities'] }] })).toHaveLength(1);
    expect(complaints({ history: [broken, { ...near, recoveredAt: 999 }] })).toHaveLength(1);
    // Whoever would not wait any longer broke it off.
    expect(complaints({ history: [{ ...broken, outcome: { kind: 'broken', why: 'too late', gaveUp: true } }] })).toEqual([]);
  });
});

describe('an event on a screen', () => {
  const event: StreamEvent = {
    seq: 12, id: id(50), type: 'post.created', noun: 'post', source: '/mela/communities', aggregate: id(4), version: 1,
    data: { postId: id(4), communityId: id(2), authorId: id(3) },
  };
  const heard: HeardEvent = {
    kind: 'heard', who: 'asha', personId: id(1), screen: 1, connection: 1, at: 2_000, told: false, topic: `community:${id(2)}`, cursor: 'e:12:s', id: event.id, type: event.type, data: event.data,
  };
  // Who may hear a community is another question.
  const open: Workload = { ...kept, grants: { community: { scopes: () => topic.community, holders: () => [{ personId: id(1), scope: topic.community(id(2)) }], by: {} } } };
  const onScreens = (history: HeardEvent[], stream: StreamEvent[]) =>
    judge({ ...nothing, services: { communities: nobody }, history, stream }, [open]).violations.filter(({ invariant }) => invariant === 'screens').map(({ what }) => what);

  it('comes once to a connection, also where the stream has it again', () => {
    const again = { ...event, seq: 20 };
    expect(onScreens([heard], [event, again])).toEqual([]);
    expect(onScreens([{ ...heard, cursor: 'e:20:s' }], [event, again])).toEqual([]);
    expect(onScreens([heard, { ...heard, cursor: 'e:20:s' }], [event, again])).toHaveLength(1);
    expect(onScreens([heard, { ...heard, connection: heard.connection + 1 }], [event, again])).toEqual([]);
  });

  it('of a stream whose end was lost is not held against the order of what was sent anew', () => {
    const other = { ...event, id: id(51), aggregate: id(5) };
    const history = [heard, { ...heard, id: other.id, cursor: 'e:13:s' }];
    expect(onScreens(history, [{ ...other, seq: 12 }, { ...event, seq: 13 }])).toEqual([]);
    expect(onScreens(history.toReversed(), [event, { ...other, seq: 13 }])).toHaveLength(1);
  });

  it('is no news when a relay put it back', () => {
    expect(onScreens([heard], [{ ...event, restored: true }])).toEqual([expect.stringContaining('as news')]);
    expect(onScreens([heard], [{ ...event, seq: 20, restored: true }])).toEqual([]);
  });

  it('on a topic of which nobody says who may hear it is complained of', () => {
    const { violations } = judge({ ...nothing, history: [heard], stream: [event] }, []);
    expect(violations.map(({ what }) => what)).toContain('Topics "community" were heard, and no workload says who may hear them');
  });
});

describe('a right that comes and goes', () => {
  const [scope, personId] = [topic.community(id(2)), id(1)];
  const membership = { communityId: id(2), userId: personId };
  const turn = (seq: number, type: 'member.joined' | 'member.left'): StreamEvent =>
    ({ seq, id: id(100 + seq), type, noun: 'member', source: '/mela/communities', aggregate: `${id(2)}:${personId}`, version: seq, data: type === 'member.left' ? { ...membership, removedBy: null } : { ...membership, role: 'member' } });
  const comment = (seq: number): StreamEvent =>
    ({ seq, id: id(200 + seq), type: 'comment.created', noun: 'comment', source: '/mela/communities', aggregate: id(200 + seq), version: 1, data: { commentId: id(200 + seq), postId: id(4), communityId: id(2), authorId: id(3) } });
  const hears = ({ seq, id: eventId, type, data }: StreamEvent, at: number, name: string = topic.post(id(4))): HeardEvent =>
    ({ kind: 'heard', who: 'asha', personId, screen: 1, connection: 1, at, told: false, topic: name, cursor: `e:${seq}:s`, id: eventId, type, data });
  const join = (at: number): Asked => ({ ...asked, operation: 'communities.join', input: { communityId: id(2) }, key: `join-${at}`, at, endedAt: at + 10 });

  // A post is heard by whoever belongs to its community.
  const members = {
    holders: () => [personId, id(8)].map((member) => ({ personId: member, scope })),
    by: { 'communities.join': ({ input, personId: who }: Asked, right: Right) => who === right.personId && topic.community(String(input['communityId'])) === right.scope },
  };
  const granting: Workload = { ...kept, grants: { community: { ...members, scopes: () => topic.community }, post: { ...members, scopes: () => (key) => (key === id(4) ? scope : undefined) } } };
  const onScreens = (history: Evidence['history'], stream: StreamEvent[]) =>
    judge({ ...nothing, services: { communities: nobody }, history, stream }, [granting]).violations.filter(({ invariant }) => invariant === 'screens').map(({ what }) => what);

  const [joined, first, left, between, back, second] = [turn(1, 'member.joined'), comment(2), turn(3, 'member.left'), comment(4), turn(5, 'member.joined'), comment(6)];
  const stream = [joined, first, left, between, back, second];

  it('is what one hears by, on every topic that rests on it, until it ends and once it is asked for again', () => {
    expect(onScreens([join(10), hears(first, 50), join(100), hears(second, 200)], stream)).toEqual([]);
    expect(onScreens([join(10), hears(left, 50, scope)], stream)).toEqual([]);
    // What it rests on is written down before it is said.
    expect(onScreens([join(10), join(100), hears(between, 150)], stream)).toEqual([]);
  });

  it('lets nobody hear before it was asked for, or what nobody knows', () => {
    expect(onScreens([join(10), hears(first, 9)], stream)).toEqual([expect.stringContaining('nobody asked for the right before 10 ms')]);
    expect(onScreens([join(10), { ...hears(first, 50), personId: id(9) }], stream)).toEqual([expect.stringContaining('never had the right to')]);
    const elsewhere = { ...first, data: { ...first.data, postId: id(8) } };
    expect(onScreens([join(10), hears(elsewhere, 50, topic.post(id(8)))], [joined, elsewhere])).toEqual([expect.stringContaining('the service has no such topic')]);
  });

  it('lets nobody hear what lies behind its end, before it is asked for again', () => {
    expect(onScreens([join(10), hears(between, 50)], [joined, first, left, between])).toEqual([expect.stringContaining('never began again')]);
    expect(onScreens([join(10), hears(between, 99), join(100)], stream)).toEqual([expect.stringContaining('was not asked for again before 100 ms')]);
    expect(onScreens([join(10), hears(between, 99), { ...join(50), outcome: { kind: 'refused', status: 409, code: 'member.already' } }, join(100)], stream)).toHaveLength(1);
  });

  it('brings nothing of what happened before it, whatever cursor is shown', () => {
    const ravi = id(8);
    const raviJoined = { ...turn(0, 'member.joined'), aggregate: `${id(2)}:${ravi}`, data: { ...membership, userId: ravi, role: 'member' } };
    const heardByRavi = (one: StreamEvent, at: number) => ({ ...hears(one, at), who: 'ravi', personId: ravi, screen: 2 });
    const story = (one: StreamEvent, others: number) =>
      onScreens([{ ...join(5), personId: ravi }, join(10), heardByRavi(one, others), join(100), hears(one, 150)], [raviJoined, comment(0.5), ...stream]);
    expect(story(between, 60)).toEqual([expect.stringContaining('which others had heard at 60 ms, before the right was asked for at 100 ms')]);
    expect(story(between, 120)).toEqual([]);
    expect(story(comment(0.5), 9)).toEqual([expect.stringContaining('before the right was asked for at 10 ms')]);
  });
});

it('a judge that breaks is itself a complaint, and the others go on', () => {
  const broken: Workload = { service: 'riddles', aggregates: {}, rows: {}, acts: [], probe: async () => [], effects: {}, invariants: [{ name: 'unsolvable', judge: () => { throw new Error('no riddle there'); } }] };
  const { violations } = judge({ ...nothing, history: [{ ...asked, outcome: { kind: 'refused', status: 500, code: 'service.failed' } }] }, [broken], ofLittle);
  expect(violations.map(({ invariant }) => invariant)).toEqual(['I5', 'riddles: unsolvable']);
});
