import { fact } from '@mela/bus';
import type { StoredSpan } from '@mela/chassis';
import { describe, expect, it } from 'vitest';
import { PaperTerminal } from '../../test/paper-terminal.ts';
import { Say } from '../say.ts';
import { timelineOf, timelines } from './timeline.ts';
import { timelineInWords, tracesInWords } from './words.ts';

const say = new Say(new PaperTerminal(), false);
const BEGAN = Date.UTC(2026, 10, 21, 16, 5, 26, 120);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const span = (id: string, parent: string | undefined, at: number, ms: number, told: Partial<StoredSpan> = {}): StoredSpan => ({
  trace: TRACE, id, ...(parent === undefined ? {} : { parent }), step: 'sql', name: 'SELECT', pid: 7, at: BEGAN + at, ms, facts: {}, ...told,
});

const request = span('1', undefined, 0, 20, { step: 'request', name: 'POST /posts', service: 'api', facts: { [fact.status]: 200 } });
const asks = span('2', '1', 1.25, 17, { step: 'asks', name: 'svc.communities.createPost', facts: { [fact.status]: 200 } });
const serves = span('3', '2', 2, 15, { step: 'serves', name: 'communities.createPost', service: 'communities', pid: 8, facts: { [fact.status]: 200 } });
const insert = span('4', '3', 4, 3, { pid: 8, facts: { [fact.statement]: 'INSERT INTO post VALUES ($1)' } });
const event = span('5', '3', 3, 9, { step: 'event', name: 'post.created', service: 'communities', pid: 8, facts: { [fact.event]: 'e-1' } });
const published = span('6', '5', 14, 2, { step: 'published', name: 'evt.post.created.3', service: 'communities', pid: 8, facts: { [fact.seq]: 12 } });
const consumes = span('7', '5', 18, 1_500, { step: 'consumes', name: 'notifications.post-created', service: 'notifications', pid: 9, fault: 'Error 23505', facts: {} });
const frames = span('8', '5', 17, 0.2, { step: 'frames', name: 'post.created', service: 'realtime', pid: 7, facts: { [fact.topics]: ['community:1'], [fact.listeners]: 2 } });
const all: [StoredSpan, ...StoredSpan[]] = [frames, consumes, published, insert, event, serves, asks, request];

describe('a timeline', () => {
  it('puts each step below its cause, in the order in which they began', () => {
    const { moments, ms, processes, faults } = timelineOf(all);
    expect(moments.map(({ span: { step }, depth }) => `${depth} ${step}`)).toEqual([
      '0 request', '1 asks', '2 serves', '3 event', '4 published', '4 frames', '4 consumes', '3 sql',
    ]);
    expect([ms, processes, faults]).toEqual([1_518, [7, 8, 9], 1]);
  });

  it('names the service of whatever stands above where a step names none', () => {
    expect(timelineOf(all).moments.map(({ service }) => service)).toEqual(['api', 'api', 'communities', 'communities', 'communities', 'realtime', 'notifications', 'communities']);
  });

  it('loses no step whose cause is not kept', () => {
    expect(timelineOf([insert, consumes]).moments.map(({ span: { id }, depth }) => [id, depth])).toEqual([['4', 0], ['7', 0]]);
  });

  it('reads like a story', () => {
    expect(timelineInWords(say, timelineOf(all)).split('\n').map((line) => line.trimEnd())).toEqual([
      `${TRACE}  2026-11-21T16:05:26.120Z  1.52 s in all, 3 processes, 1 fault`,
      '',
      '       ms       took  where            what',
      '      0.0    20.0 ms  api 7            request  POST /posts → 200',
      '      1.3    17.0 ms  api 7              asks  svc.communities.createPost → 200',
      '      2.0    15.0 ms  communities 8        serves  communities.createPost → 200',
      '      3.0     9.0 ms  communities 8          event  post.created  e-1',
      '     14.0     2.0 ms  communities 8            published  evt.post.created.3  place 12 in the stream',
      '     17.0     0.2 ms  realtime 7               frames  post.created  to 2 listeners of community:1',
      '     18.0     1.50 s  notifications 9          consumes  notifications.post-created  failed: Error 23505',
      '      4.0     3.0 ms  communities 8          sql  INSERT INTO post VALUES ($1)',
    ]);
  });

  it('leaves the process out where there is one', () => {
    expect(timelineInWords(say, timelineOf([request])).split('\n').at(-1)).toBe('      0.0    20.0 ms  api    request  POST /posts → 200');
  });
});

it('the list of traces begins with the latest, each by its first step', () => {
  const later = { ...request, trace: 'f'.repeat(32), at: BEGAN + 1_000, name: 'GET /posts' };
  const lines = tracesInWords(say, timelines([...all, later])).split('\n');
  expect(lines).toEqual([
    `${'f'.repeat(32)}  2026-11-21T16:05:27.120Z    20.0 ms      1 step  request GET /posts → 200`,
    `${TRACE}  2026-11-21T16:05:26.120Z     1.52 s     8 steps  request POST /posts → 200`,
  ]);
});
