import type { Asked, Evidence, HeardEvent, StreamEvent, Struck } from '@mela/testkit/chaos';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { workloads } from '../fixture/workloads.fixture.ts';
import { judge } from '../verdict.ts';

const nothing: Evidence = { history: [], stream: [], services: {}, tally: {} };
const asked: Asked = {
  kind: 'asked', who: 'asha', personId: id(1), operation: 'communities.createPost', command: true, input: { communityId: id(2), body: 'hello' },
  key: id(7), attempt: 1, at: 1_000, endedAt: 1_050, outcome: { kind: 'answered', status: 200, body: { id: id(4) }, replayed: false },
};
const complaints = (evidence: Partial<Evidence>, limits = {}) => judge({ ...nothing, ...evidence }, [], limits).violations.map(({ what }) => what);

describe('an answer', () => {
  const failing = (status: number, code: string) => complaints({ history: [{ ...asked, outcome: { kind: 'refused', status, code } }] });

  it('may say 503 and 504, and nothing else above', () => {
    expect([failing(503, 'service.unavailable'), failing(504, 'service.timed_out')]).toEqual([[], []]);
    expect([failing(500, 'service.failed'), failing(502, 'undefined'), failing(507, 'storage.full')].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('may take as long as it is allowed to, and what stood still meanwhile is nobody’s fault', () => {
    const frozen: Struck = { kind: 'struck', fault: 'role frozen', at: 5_000, healedAt: 15_000, recoveredAt: 15_100 };
    const long = { ...asked, endedAt: asked.at + 25_000 };
    expect(complaints({ history: [{ ...asked, endedAt: asked.at + 20_000 }] })).toEqual([]);
    expect(complaints({ history: [long] })).toHaveLength(1);
    expect(complaints({ history: [long, frozen] })).toEqual([]);
    expect(complaints({ history: [long, { ...frozen, at: 11_000 }] })).toHaveLength(1);
    expect(complaints({ history: [long, { ...frozen, fault: 'nats frozen' }] })).toHaveLength(1);
    // Overlapping, they are one standstill and not two.
    expect(complaints({ history: [{ ...asked, endedAt: asked.at + 31_000 }, frozen, { ...frozen, at: 4_900 }] })).toHaveLength(1);
    expect(complaints({ history: [long] }, { answerWithinMs: 25_000 })).toEqual([]);
  });
});

describe('an event on a screen', () => {
  const event: StreamEvent = {
    seq: 12, id: id(50), type: 'post.created', noun: 'post', source: '/mela/communities', aggregate: id(4), version: 1,
    data: { postId: id(4), communityId: id(2), authorId: id(3) },
  };
  const heard: HeardEvent = {
    kind: 'heard', who: 'asha', personId: id(1), connection: 1, at: 2_000, topic: `community:${id(2)}`, cursor: 'e:12:s', id: event.id, type: event.type, data: event.data,
  };
  const onScreens = (history: HeardEvent[], stream: StreamEvent[]) =>
    judge({ ...nothing, history, stream }, []).violations.filter(({ invariant }) => invariant === 'screens').map(({ what }) => what);

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
});

it('a judge that breaks is itself a complaint, and the others go on', () => {
  const broken = [...workloads, { ...workloads[2]!, service: 'riddles', invariants: [{ name: 'unsolvable', judge: () => { throw new Error('no riddle there'); } }] }];
  const { violations } = judge({ ...nothing, history: [{ ...asked, outcome: { kind: 'refused', status: 500, code: 'service.failed' } }] }, broken);
  expect(violations.map(({ invariant }) => invariant)).toEqual(['I5', 'communities: a read post was written', 'riddles: unsolvable']);
});
