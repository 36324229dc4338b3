import { id, topic, type Right } from '@mela/contracts';
import type { Asked, Entry, Evidence, Followed, HeardEvent, ServiceEvidence, StreamEvent, Workload } from '@mela/testkit/chaos';
import { describe, expect, it } from 'vitest';
import { ofLittle } from '../fixture/workloads.fixture.ts';
import { judge } from '../verdict.ts';

const [asha, scope] = [id(1), topic.community(id(2))];
const theirs: Right = { personId: asha, scope };
const communities: ServiceEvidence = { aggregates: {}, rows: {}, outbox: [], sent: [], deadLetters: [], owned: {}, kept: {} };
const open: Workload = { service: 'communities', aggregates: {}, rows: {}, acts: [], probe: async () => [], effects: {}, grants: { community: { scopes: () => topic.community, holders: () => [theirs], by: {} } } };

const post = (seq: number): StreamEvent =>
  ({ seq, id: id(100 + seq), type: 'post.created', noun: 'post', source: '/mela/communities', aggregate: id(100 + seq), version: 1, data: { postId: id(100 + seq), communityId: id(2), authorId: id(3) } });
const turn = (seq: number, type: 'member.joined' | 'member.left'): StreamEvent =>
  ({ seq, id: id(100 + seq), type, noun: 'member', source: '/mela/communities', aggregate: `${id(2)}:${asha}`, version: seq, data: { communityId: id(2), userId: asha, ...(type === 'member.left' ? { removedBy: null } : { role: 'member' }) } });

type Happening<E = Followed> = E extends Followed ? Omit<E, 'kind' | 'who' | 'personId' | 'screen' | 'connection' | 'at'> : never;
const onScreen = { who: 'asha', personId: asha, screen: 7 };

/** A screen's story on one line: what became of the topic, and the places that were told; those below 0 were said, and not told. */
const line = (connection: number, ...story: readonly (Happening | number)[]): Entry[] =>
  story.map((what, at): Entry => {
    const common = { ...onScreen, connection, at: connection * 1_000 + at };
    if (typeof what !== 'number') return { kind: 'followed', ...common, ...what } as Followed;
    const { id: eventId, seq, type, data } = stream.find(({ seq: place }) => place === Math.abs(what))!;
    return { kind: 'heard', ...common, topic: scope, cursor: `e:${seq}:s`, id: eventId, type, data, told: what > 0 } satisfies HeardEvent;
  });
const wanted: Happening = { what: 'wanted', topic: scope };
const live: Happening = { what: 'live', topic: scope };
const resync: Happening = { what: 'resync', topic: scope };
const letIn = (to: number, recovered = true): Happening => ({ what: 'subscribed', topic: scope, recovered, to: `e:${to}:s` });
const begins = (to: number): Happening[] => [wanted, letIn(to, false), resync, live];
const refused: Happening = { what: 'refused', topic: scope, code: 'topic.forbidden' };

const stream = [turn(1, 'member.joined'), ...[2, 3, 4, 5, 6, 7].map(post)];
const complaints = (history: readonly Entry[], events: readonly StreamEvent[] = stream, more: Partial<Evidence> = {}) =>
  judge({ stream: events, history, services: { communities }, tally: {}, ...more }, [open], ofLittle).violations.filter(({ invariant }) => invariant === 'screens').map(({ what }) => what);

describe('a client that comes back', () => {
  it('goes on where it was, though more is said than it tells', () => {
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5), -2, -3, 4, 5, live, 6, 7)])).toEqual([]);
  });

  it('misses nothing of what happened meanwhile', () => {
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5), 5, live, 6, 7)])).toEqual([expect.stringContaining(`was not told post.created ${id(104)} of 4`)]);
  });

  it('is told nothing twice and nothing out of order, though each line by itself is sound', () => {
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5), 3, 4, 5, live, 6, 7)])).toEqual([expect.stringContaining(`told post.created ${id(103)} 2 times`)]);
    expect(complaints([...line(1, ...begins(1), 2, 4), ...line(2, letIn(5), 3, 5, live, 6, 7)])).toEqual([expect.stringContaining(`told event ${id(103)} of 3 after event ${id(104)} of 4`)]);
  });

  it('is said nothing twice on one line, but by polls for the sake of a topic that was not to be had', () => {
    const putOff: Happening = { what: 'put off', topic: topic.community(id(9)), code: 'service.unavailable' };
    const by = (way: string, ...more: Happening[]) => complaints(line(1, { what: 'connected', way }, ...begins(1), 2, 3, ...more, -2, -3, 4, 5, 6, 7));
    expect(by('poll', putOff)).toEqual([]);
    expect(by('poll').length).toBeGreaterThan(0);
    expect(by('websocket', putOff).length).toBeGreaterThan(0);
  });

  it('may have a hole where the gateway says so, and says so itself', () => {
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5, false), resync, live, 6, 7)])).toEqual([]);
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5, false), live, 6, 7)])).toEqual([expect.stringContaining('was not told that there may be a hole')]);
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5), resync, 4, 5, live, 6, 7)])).toEqual([expect.stringContaining('the gateway had said nothing of one')]);
  });

  it('knows what another line told while this one found a hole, and what none told is missed', () => {
    const [hole, rest] = [[letIn(4, false), resync, live], [6, 7]] as const;
    expect(complaints([...line(1, ...begins(1), 2, 3, 4, 5), ...line(2, ...hole, ...rest)])).toEqual([]);
    expect(complaints([...line(1, ...begins(1), 2, 3, 4), ...line(2, ...hole, ...rest)])).toEqual([expect.stringContaining(`was not told post.created ${id(105)} of 5`)]);
  });

  it('hears the stream to its end, unless it gave up or was refused', () => {
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, letIn(5), 4)])).toHaveLength(3);
    expect(complaints([...line(1, ...begins(1), 2, 3, { what: 'given up', topic: scope })])).toEqual([]);
    expect(complaints([...line(1, ...begins(1), 2, 3), ...line(2, refused)])).toEqual([]);
    expect(complaints([...line(1, wanted)])).toEqual([expect.stringContaining('was never told whether it may hear it')]);
  });

  it('begins anew where it had given up', () => {
    expect(complaints([...line(1, ...begins(1), 2, { what: 'given up', topic: scope }, ...begins(4), 5, 6, 7)])).toEqual([]);
    expect(complaints([...line(1, ...begins(1), 2, { what: 'given up', topic: scope }, 3)])).toEqual([expect.stringContaining('was told what it did not listen to')]);
  });

  it('is told that something is left out, where its right ended and began again meanwhile', () => {
    const again = [turn(1, 'member.joined'), post(2), turn(3, 'member.left'), post(4), turn(5, 'member.joined'), post(6), post(7)];
    const join = (at: number): Asked =>
      ({ kind: 'asked', who: 'asha', personId: asha, operation: 'communities.join', command: true, input: { communityId: id(2) }, key: `join-${at}`, attempt: 1, at, endedAt: at + 1, outcome: { kind: 'answered', status: 200, body: {}, replayed: false } });
    const heard = (seq: number, connection: number): HeardEvent => {
      const { id: eventId, type, data } = again.find((event) => event.seq === seq)!;
      return { kind: 'heard', ...onScreen, connection, at: 2_000 + seq, topic: scope, cursor: `e:${seq}:s`, id: eventId, type, data, told: true };
    };
    const away = (back: readonly Happening[], ...places: number[]) => complaints([join(0), ...line(1, ...begins(1)), join(1_500), ...line(2, ...back), ...places.map((seq) => heard(seq, 2))], again);
    expect(away([letIn(4, false), resync], 5, 6, 7)).toEqual([]);
    expect(away([letIn(4, false), resync], 5, 7)).toEqual([expect.stringContaining(`was not told post.created ${id(106)} of 6`)]);
    expect(away([letIn(6)], 5, 6, 7)).toEqual([2, 3, 4].map((seq) => expect.stringContaining(`of ${seq} on`)));
  });

  it('may go on over a place that the stream has lost only if it is told so', () => {
    const lost: Entry[] = line(1, ...begins(1), 2, 3).map((entry) => (entry.kind === 'heard' && entry.id === id(103) ? { ...entry, cursor: 'e:3:s', id: id(99) } : entry));
    expect(complaints([...lost, ...line(2, letIn(5, false), resync, live, 6, 7)]).filter((what) => what.startsWith('Screen'))).toEqual([]);
  });
});
