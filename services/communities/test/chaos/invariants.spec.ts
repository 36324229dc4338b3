import { communities, CommunityCreated, id, LastOwner, MemberJoined, MemberLeft, NotAMember, NotOutranked, PostNotFound, type EventType, type Operation, type Refusal } from '@mela/contracts';
import type { Asked, Entry, Evidence, Rows, StreamEvent } from '@mela/testkit/chaos';
import { describe, expect, it } from 'vitest';
import { workload } from '../chaos.ts';

const [RUNNERS, ASHA, RAVI, POST] = [id(1), id(11), id(12), id(21)];
const RAVI_THERE = `${RUNNERS}:${RAVI}`;

let keys = 0;
const asks = (personId: string, operation: Operation, input: Record<string, unknown>, at: number, outcome: Asked['outcome']): Asked => ({
  kind: 'asked', who: personId, personId, operation: operation.id, command: operation.kind === 'command', input, key: operation.kind === 'command' ? `key-${++keys}` : undefined, attempt: 1, at, endedAt: at + 10, outcome,
});
const answered = (body: unknown = {}): Asked['outcome'] => ({ kind: 'answered', status: 200, body, replayed: false });
const refused = ({ status, code }: Refusal): Asked['outcome'] => ({ kind: 'refused', status, code });
const lost: Asked['outcome'] = { kind: 'broken', why: 'ECONNRESET' };

const there = { communityId: RUNNERS };
const joins = (at: number, outcome = answered()) => asks(RAVI, communities.join, there, at, outcome);
const leaves = (at: number, outcome = answered()) => asks(RAVI, communities.leave, there, at, outcome);
const removes = (at: number, outcome = answered()) => asks(ASHA, communities.removeMember, { ...there, userId: RAVI }, at, outcome);
const reads = (at: number, items: unknown[] = [], outcome = answered({ items, next: null })) => asks(RAVI, communities.listPosts, there, at, outcome);
const readsComments = (items: unknown[]) => asks(RAVI, communities.listComments, { ...there, postId: POST }, 500, answered({ items, next: null }));

let places = 0;
const says = (event: EventType, aggregate: string, version: number, data: Record<string, unknown>): StreamEvent =>
  ({ seq: ++places, id: id(1_000 + places), type: event.type, noun: event.noun, source: '/mela/communities', aggregate, version, data });
const founded = [
  says(CommunityCreated, RUNNERS, 1, { ...there, founderId: ASHA }),
  says(MemberJoined, `${RUNNERS}:${ASHA}`, 1, { ...there, userId: ASHA, role: 'owner' }),
];
const joined = (version: number) => says(MemberJoined, RAVI_THERE, version, { ...there, userId: RAVI, role: 'member' });
const left = (version: number, removedBy: string | null = null) => says(MemberLeft, RAVI_THERE, version, { ...there, userId: RAVI, removedBy });

const membership = (role: string | null, version: number) => [{ ...there, userId: ASHA, role: 'owner', version: 1 }, { ...there, userId: RAVI, role, version }];
const usual: Rows = { community: [{ id: RUNNERS, name: 'Runners' }], post: [{ id: POST, ...there }], comment: [], membership: membership(null, 2) };

function complaints(history: readonly Entry[], stream: readonly StreamEvent[] = [], rows: Rows = {}): string[] {
  const service = { aggregates: {}, rows: { ...usual, ...rows }, outbox: [], sent: [], deadLetters: [], owned: {}, kept: {} };
  const evidence: Evidence = { history, stream, services: { communities: service }, tally: {} };
  return workload.invariants!.flatMap(({ judge }) => judge(evidence)).map(({ invariant }) => invariant);
}
const turns = (history: readonly Entry[], stream: readonly StreamEvent[], last = stream.length) => complaints(history, [...founded, ...stream], { membership: membership(last % 2 === 0 ? null : 'member', last) });

describe('coming and going', () => {
  it('as it should be is not complained of, also where answers were lost and events lie in the stream twice', () => {
    const [first, second] = [joined(1), left(2)];
    expect(turns([joins(1), leaves(50)], [first, second, first], 2)).toEqual([]);
    expect(turns([joins(1), leaves(50, lost), joins(100), removes(150)], [joined(1), left(2), joined(3), left(4, ASHA)])).toEqual([]);
    expect(turns([joins(1), leaves(50, lost)], [joined(1)])).toEqual([]);
    expect(turns([joins(1), leaves(50), leaves(51, refused(NotAMember()))], [joined(1), left(2)])).toEqual([]);
  });

  it('out of turn is noticed', () => {
    expect(turns([joins(1), leaves(50)], [left(1), joined(2)])).toEqual(['people come and go in turn', 'people come and go in turn']);
    expect(complaints([], [], { membership: membership('member', 2) })).toEqual(['people come and go in turn']);
    expect(complaints([], [], { membership: membership(null, 1) })).toEqual(['people come and go in turn']);
  });

  const invariant = 'nobody comes or goes unasked';
  it('that was answered and is nowhere, or happened twice, or by nobody, is noticed', () => {
    expect(turns([joins(1), leaves(50)], [joined(1)])).toEqual([invariant]);
    expect(turns([joins(1), leaves(50), joins(100)], [joined(1), left(2), joined(3), left(4)])).toEqual([invariant]);
    expect(turns([], [joined(1)])).toEqual([invariant]);
    expect(turns([joins(1), leaves(50, refused(LastOwner()))], [joined(1), left(2)])).toEqual([invariant]);
  });

  it('that is told of another than whoever did it is noticed', () => {
    expect(turns([joins(1), leaves(50)], [joined(1), left(2, ASHA)])).toEqual([invariant, invariant]);
    expect(turns([joins(1), removes(50)], [joined(1), left(2)])).toEqual([invariant, invariant]);
  });

  it('by whoever may not is noticed', () => {
    const byRavi = asks(RAVI, communities.removeMember, { ...there, userId: id(13) }, 50, answered());
    const mira = says(MemberLeft, `${RUNNERS}:${id(13)}`, 2, { ...there, userId: id(13), removedBy: RAVI });
    expect(complaints([byRavi], [mira])).toEqual(['only founders remove others']);
    const asha = says(MemberLeft, `${RUNNERS}:${ASHA}`, 2, { ...there, userId: ASHA, removedBy: null });
    expect(complaints([asks(ASHA, communities.leave, there, 1, answered())], [asha])).toEqual(['only founders remove others']);
  });
});

describe('whoever has left', () => {
  const invariant = 'whoever has left is let in no more';
  const judged = (...history: Entry[]) => complaints(history).filter((one) => one === invariant);

  it('may read until they leave, while they leave, and once they may be back', () => {
    expect(judged(joins(1), reads(20), leaves(50), reads(55))).toEqual([]);
    expect(judged(joins(1), leaves(50), joins(100), reads(120))).toEqual([]);
    expect(judged(joins(1), leaves(50), joins(100, lost), reads(5_000))).toEqual([]);
    expect(judged(joins(1), leaves(50, lost), reads(5_000))).toEqual([]);
    expect(judged(joins(1), leaves(50), reads(100, [], refused(NotAMember())))).toEqual([]);
  });

  it('and is answered all the same, is noticed', () => {
    expect(judged(joins(1), leaves(50), reads(100))).toEqual([invariant]);
    expect(judged(joins(1), removes(50), reads(100))).toEqual([invariant]);
    expect(judged(joins(1), leaves(50), joins(100, refused(NotAMember())), reads(200))).toEqual([invariant]);
    expect(judged(joins(1), leaves(50), joins(100), leaves(150), reads(200))).toEqual([invariant]);
    expect(judged(joins(1), leaves(50), joins(100), leaves(150), asks(RAVI, communities.createPost, { ...there, body: 'x' }, 200, answered({ id: POST })))).toEqual([invariant]);
  });
});

describe('whoever belongs', () => {
  const invariant = 'members are let in';
  const judged = (...history: Entry[]) => complaints(history, [], { post: [{ id: POST, ...there }] }).filter((one) => one === invariant);
  const keptOut = (at: number, refusal: Refusal = NotAMember()) => reads(at, [], refused(refusal));
  const comments = (postId: string) => asks(RAVI, communities.createComment, { ...there, postId, body: 'x' }, 100, refused(PostNotFound()));

  it('may be refused before they are told that they do, and once they may have left or been removed', () => {
    expect(judged(keptOut(1), joins(2), keptOut(5))).toEqual([]);
    expect(judged(joins(1), leaves(50), keptOut(100))).toEqual([]);
    expect(judged(joins(1), removes(105), keptOut(100))).toEqual([]);
    expect(judged(joins(1), leaves(50, lost), joins(60), keptOut(5_000))).toEqual([]);
    expect(judged(joins(1), comments(id(29)))).toEqual([]);
    expect(judged(joins(1), asks(RAVI, communities.removeMember, { ...there, userId: id(13) }, 100, refused(NotOutranked())))).toEqual([]);
  });

  it('and is refused all the same, is noticed', () => {
    expect(judged(joins(1), keptOut(100))).toEqual([invariant]);
    expect(judged(asks(ASHA, communities.create, { name: 'Runners' }, 1, answered({ id: RUNNERS })), asks(ASHA, communities.listPosts, there, 100, refused(NotAMember())))).toEqual([invariant]);
    expect(judged(joins(1), leaves(50), joins(100), keptOut(200))).toEqual([invariant]);
    expect(judged(joins(1), leaves(50, refused(LastOwner())), keptOut(200))).toEqual([invariant]);
    expect(judged(joins(1), comments(POST))).toEqual([invariant]);
  });
});

describe('what is read', () => {
  const at = (n: number) => `2026-03-01T10:00:00.00${n}Z`;
  const comment = [{ id: id(31), postId: POST, ...there }, { id: id(32), postId: POST, ...there }, { id: id(33), postId: id(22), ...there }];
  const post = [{ id: POST, ...there }, { id: id(22), ...there }];
  const read = (...history: Entry[]) => complaints(history, [], { comment, post });

  it('is there, newest post and oldest comment first', () => {
    expect(read(reads(500, [{ id: id(22), createdAt: at(2) }, { id: POST, createdAt: at(1) }]), readsComments([{ id: id(31), createdAt: at(1) }, { id: id(32), createdAt: at(1) }]))).toEqual([]);
  });

  it('and is not there, or of another post, or in the wrong order, is noticed', () => {
    const invariant = 'what was read was written';
    expect(read(reads(500, [{ id: id(29), createdAt: at(1) }]))).toEqual([invariant]);
    expect(read(readsComments([{ id: id(33), createdAt: at(1) }]))).toEqual([invariant]);
    expect(read(reads(500, [{ id: POST, createdAt: at(1) }, { id: id(22), createdAt: at(2) }]))).toEqual([invariant]);
    expect(read(readsComments([{ id: id(32), createdAt: at(2) }, { id: id(31), createdAt: at(1) }]))).toEqual([invariant]);
  });
});

it('a community without an owner, and a comment that strayed, are noticed', () => {
  expect(complaints([], [], { membership: [] })).toEqual(['a community has its founder']);
  expect(complaints([], [], { comment: [{ id: id(31), postId: POST, communityId: id(2) }] })).toEqual(['a comment is in the community of its post']);
});
