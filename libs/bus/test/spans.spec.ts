import { jetstreamManager } from '@nats-io/jetstream';
import { anyone, query, service, Unavailable } from '@mela/contracts';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Asker } from '../src/ask/asker.ts';
import { wrap, type Reply, type Serve } from '../src/ask/exchange.ts';
import { LocalPath } from '../src/ask/local-path.ts';
import { OperationServer } from '../src/ask/operation-server.ts';
import { answered } from '../src/ask/wrappers/answered.ts';
import { quiet } from '../src/ask/wrappers/exchange.fixture.ts';
import { parsed } from '../src/ask/wrappers/parsed.ts';
import { traced } from '../src/ask/wrappers/traced.ts';
import { currentContext, within } from '../src/context.ts';
import { Doorbell } from '../src/outbox/doorbell.ts';
import { seal } from '../src/outbox/envelope.ts';
import { writeOutbox } from '../src/outbox/outbox.ts';
import { STREAM } from '../src/subjects.ts';
import { fact } from '../src/trace/facts.ts';
import { eventually, PlantGrew, recorded, World, type Garden } from './world.ts';
import { keepSpans, type RecordedSpan } from './recorded-spans.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const BEGINNING = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${BEGINNING}-01`;

let world: World;
let keeping: ReturnType<typeof keepSpans>;
beforeAll(async () => {
  world = await World.open();
});
beforeEach(() => {
  keeping = keepSpans();
});
afterEach(async () => {
  await world.rest();
  keeping.stop();
});
afterAll(() => world.close());

const library = service('library', {
  find: query({ summary: 'Finds a book', access: anyone, input: z.object({ title: z.string() }), output: z.object({ traceparent: z.string() }) }),
});

const spansOf = (step: string): RecordedSpan[] => keeping.spans().filter((span) => span.step === step);

describe.each(['over the bus', 'on the local path'])('a request %s', (path) => {
  async function asker(): Promise<Asker> {
    const step = wrap([traced, answered(quiet), parsed], async ({ input }) => {
      const { title } = input as { title: string };
      if (title === 'away') return Unavailable();
      return { traceparent: currentContext()!.traceparent };
    });
    const serve: Serve = (body, headers) => step({ operation: library.find, body, headers, replyHeaders: new Map() }) as Promise<Reply>;
    const nc = await world.connection('library');
    const local = new LocalPath();
    if (path === 'on the local path') local.open(library.find.subject, serve);
    const server = new OperationServer(nc, 'library');
    server.serve(library.find.subject, serve);
    await new Promise<void>((resolve, reject) => server.listen((fault?: unknown) => (fault ? reject(fault) : resolve())));
    await nc.flush();
    return new Asker({ nc: world.nc, mayAsk: 'anything', local });
  }

  it('is asked, and served below that', async () => {
    const answer = await within({ traceparent }, async () => (await asker()).ask(library.find, { title: 'Mela' }));
    const [[asks], [serves]] = [spansOf('asks'), spansOf('serves')];
    expect(asks).toMatchObject({ trace: TRACE, parent: BEGINNING, name: 'svc.library.find', facts: { [fact.status]: 200 } });
    expect(serves).toMatchObject({ trace: TRACE, parent: asks!.id, name: 'library.find', facts: { [fact.service]: 'library', [fact.status]: 200 } });
    expect(answer).toEqual({ traceparent: `00-${TRACE}-${serves!.id}-01` });
  });

  it('that nobody can answer is a fault on both sides, and one that is refused is none', async () => {
    const reader = await asker();
    await within({ traceparent }, () => reader.ask(library.find, { title: 'away' }));
    expect([...spansOf('asks'), ...spansOf('serves')].map(({ facts }) => facts[fact.fault])).toEqual(['503', '503']);
    await within({ traceparent }, () => reader.ask(library.find, {} as { title: string }));
    expect([spansOf('asks')[1], spansOf('serves')[1]]).toMatchObject([{ facts: { [fact.status]: 400 } }, { facts: { [fact.status]: 400 } }]);
    expect(spansOf('asks')[1]!.facts[fact.fault]).toBeUndefined();
  });
});

describe('an event', () => {
  let garden: Garden;
  beforeEach(async () => {
    garden = await world.garden();
    await garden.effects();
  });

  async function emit(plants: readonly string[], trace: string | null = traceparent): Promise<string[]> {
    const events = plants.map((id) => seal(PlantGrew, { id, version: 1 }, { plantId: id, height: 1 }, { source: `/mela/${garden.name}`, traceparent: trace ?? undefined }));
    await garden.db.transaction((tx) => writeOutbox(tx, events));
    new Doorbell(world.nc, garden.name).ring();
    return events.map(({ eventId }) => eventId);
  }
  const someEvents = (count: number) => emit(Array.from({ length: count }, () => uuid()));
  const applied = (count: number) => eventually(() => garden.count('effect'), (rows) => rows >= count);
  const ended = (step: string, count: number) => eventually(() => spansOf(step), (spans) => spans.length >= count);
  const idsOf = (spans: readonly RecordedSpan[]) => spans.map(({ facts }) => facts[fact.event]).sort();

  it('is published under its trace, with its place in the stream', async () => {
    await garden.relay();
    const [id] = await someEvents(1);
    expect(await ended('published', 1)).toEqual([
      expect.objectContaining({ trace: TRACE, parent: BEGINNING, name: expect.stringMatching(/^evt\.plant\.grew\.\d+$/), facts: { [fact.service]: garden.name, [fact.event]: id, [fact.seq]: 1 } }),
    ]);
  });

  it('is consumed under its trace: each one of many, one by one or together', async () => {
    await garden.relay();
    const contexts: (string | undefined)[] = [];
    const together: number[] = [];
    const [each, many] = [recorded('garden.each'), recorded('garden.many')];
    await garden.host([
      { ...each, handle: (event, tx) => (contexts.push(currentContext()?.traceparent), each.handle(event, tx)) },
      {
        ...many,
        handle: (event, tx) => (together.push(1), many.handle(event, tx)),
        handleAll: async (events, tx) => {
          together.push(events.length);
          for (const event of events) await many.handle(event, tx);
        },
      },
    ]);
    const ids = await someEvents(1);
    await applied(2);
    ids.push(...(await someEvents(149)));
    await applied(300);
    const spans = await ended('consumes', 300);
    const [byEach, byMany] = ['garden.each', 'garden.many'].map((name) => spans.filter((span) => span.name === name));
    expect([idsOf(byEach!), idsOf(byMany!)]).toEqual([[...ids].sort(), [...ids].sort()]);
    expect(spans.every(({ trace, parent }) => trace === TRACE && parent === BEGINNING)).toBe(true);
    expect(byEach!.map(({ id }) => `00-${TRACE}-${id}-01`).sort()).toEqual(contexts.sort());
    expect(Math.max(...together)).toBeGreaterThan(1);
    expect(new Set(byMany!.map(({ facts }) => facts[fact.batch] ?? 1))).toEqual(new Set(together));
  });

  it('that failed shows each attempt, and what comes again after it was applied shows none', async () => {
    await garden.relay();
    let failures = 0;
    const careful = recorded('garden.careful');
    await garden.host([{ ...careful, handle: (event, tx) => {
      if (failures++ === 0) throw new RangeError('asha@example.org is too tall');
      return careful.handle(event, tx);
    } }], { ackWaitMs: 1_000, backoffMs: [20], maxDeliver: 4 });
    const [id] = await someEvents(1);
    await applied(1);
    const spans = await ended('consumes', 2);
    expect(spans.map(({ facts }) => [facts[fact.event], facts[fact.fault]])).toEqual([[id, 'RangeError'], [id, undefined]]);
    expect(JSON.stringify(spans)).not.toContain('asha');

    // Without its durable a consumer is given everything again.
    await (await jetstreamManager(world.nc)).consumers.delete(STREAM, 'garden_careful');
    await someEvents(1);
    await applied(2);
    expect(idsOf(await ended('consumes', 3)).filter((one) => one === id)).toHaveLength(2);
  });

  it('of a trace that nobody keeps leaves no span, and its trace goes on', async () => {
    await garden.relay();
    const contexts: string[] = [];
    const each = recorded('garden.each');
    await garden.host([{ ...each, handle: (event, tx) => (contexts.push(currentContext()!.traceparent), each.handle(event, tx)) }]);
    await emit([uuid()], `00-${TRACE}-${BEGINNING}-00`);
    await applied(1);
    expect(contexts[0]).toMatch(new RegExp(`^00-${TRACE}-(?!${BEGINNING})[0-9a-f]{16}-00$`));
    expect(keeping.spans()).toEqual([]);
  });

  it('without a trace begins one where it is consumed', async () => {
    await garden.relay();
    await garden.host([recorded('garden.each')]);
    await emit([uuid()], null);
    const [span] = await ended('consumes', 1);
    expect(span).toMatchObject({ parent: undefined, trace: expect.not.stringContaining(TRACE) });
    expect(spansOf('published')).toEqual([]);
  });
});
