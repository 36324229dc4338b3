import { setTimeout as pause } from 'node:timers/promises';
import type { Way } from '@mela/client';
import { topic, type TopicName } from '@mela/contracts';
import type { Actor, Random, StreamEvent, Workload } from '@mela/testkit/chaos';
import { indexOf } from '../checker/stream-index.ts';
import type { History } from '../history/history.ts';
import { shuffled } from '../seed.ts';
import { Screen } from './screen.ts';

interface Options {
  readonly realtime: string;
  readonly history: History;
  readonly random: Random;
  readonly workloads: readonly Workload[];
  /** Whose screens they are: each has as many as the others. */
  readonly people: readonly Actor[];
  readonly screens: number;
}

interface Seat {
  readonly place: number;
  readonly person: Actor;
  readonly random: Random;
  readonly ways: readonly Way[];
  /** How many topics are looked at together, beside the person's own. */
  readonly attention: number;
  screen: Screen | undefined;
}

/** Most have a WebSocket, some get no better way through than another, and a few may try them all. */
const MIXTURE: readonly (readonly Way[])[] = [
  ...Array.from({ length: 17 }, (): readonly Way[] => ['websocket']),
  ...Array.from({ length: 3 }, (): readonly Way[] => ['websocket', 'sse', 'poll']),
  ...Array.from({ length: 3 }, (): readonly Way[] => ['sse']),
  ...Array.from({ length: 2 }, (): readonly Way[] => ['poll']),
];
const LOOKS_MS = [2_000, 6_000] as const;
/** At each look: that it is put to sleep until the next, that a topic is given up, or given up and asked for again. */
const CHANCES = { nap: 0.03, enough: 0.05, again: 0.02 };
const LOOK_MS = 250;

/** Everybody's screens, many to a person: they listen to what is there, give it up, sleep, and go on from where they were. */
export class Audience {
  private readonly seats: readonly Seat[];
  private readonly resting = new AbortController();
  private done: Promise<unknown> = Promise.resolve();
  private fault: Error | undefined;

  constructor(private readonly options: Options) {
    const { random, people, screens } = options;
    const ways = shuffled(random.fork('ways'), Array.from({ length: screens }, (_, place) => MIXTURE[place % MIXTURE.length]!));
    this.seats = ways.map((wished, place) => {
      const own = random.fork(`screen ${place}`);
      return { place, person: people[place % people.length]!, random: own, ways: wished, attention: wished[0] === 'websocket' ? own.int(3, 8) : own.int(2, 4), screen: undefined };
    });
  }

  begin(): void {
    this.done = Promise.all(this.seats.map((seat) => this.watch(seat).catch((fault: Error) => this.fail(fault))));
  }

  /** Whoever sleeps wakes, and nobody looks for anything else any more. A look that broke is told of here, as the crowd's acts are. */
  async rest(): Promise<void> {
    this.resting.abort();
    await this.done;
    if (this.fault) throw this.fault;
  }

  /** Waits until everybody has heard the stream to its end. Answers who has not when patience ends, if anybody. */
  async untilCaughtUp(stream: readonly StreamEvent[], patienceMs: number): Promise<string | undefined> {
    const ends = new Map([...indexOf(stream).onTopic].map(([name, events]) => [name, events.findLast(({ restored }) => !restored)?.seq ?? 0]));
    const until = performance.now() + patienceMs;
    for (;;) {
      const behind = this.seats.filter(({ screen }) => screen && isBehind(screen, ends));
      if (behind.length === 0) return undefined;
      if (performance.now() > until) return behind.map(({ place, person }) => `screen ${place} of ${person.name}`).join(', ');
      await pause(LOOK_MS);
    }
  }

  close(): void {
    this.resting.abort();
    for (const { screen } of this.seats) screen?.close();
  }

  private fail(fault: Error): void {
    this.fault ??= fault;
    this.resting.abort();
  }

  private async watch(seat: Seat): Promise<void> {
    const { signal } = this.resting;
    while (!signal.aborted) {
      this.look(seat);
      await pause(seat.random.int(...LOOKS_MS), undefined, { signal }).catch(() => undefined);
    }
    if (seat.screen?.isAsleep) seat.screen.wake();
  }

  private look(seat: Seat): void {
    const { person, random } = seat;
    if (!person.session) return;
    const screen = (seat.screen ??= this.open(seat, person.session.person.id));
    if (screen.isAsleep) return screen.wake();
    if (random.chance(CHANCES.nap)) return screen.sleep();
    const followed = [...screen.topics].slice(1);
    for (const [name, { refused }] of followed) {
      const again = random.chance(CHANCES.again);
      if (again || refused !== undefined || random.chance(CHANCES.enough)) screen.giveUp(name);
      if (again) screen.follow(name);
    }
    this.fill(seat, screen);
  }

  private open({ person, place, ways, random }: Seat, personId: string): Screen {
    const { realtime, history } = this.options;
    const chance = random.fork('client');
    const screen = new Screen({ realtime, history, ways, whose: { who: person.name, personId, screen: place }, token: () => person.session?.accessToken, random: () => chance.next() });
    screen.follow(topic.person(personId));
    return screen;
  }

  private fill({ person, random, attention }: Seat, screen: Screen): void {
    const offered = this.options.workloads.flatMap(({ listens }) => listens?.(person) ?? []).filter((name) => !screen.topics.has(name));
    for (const name of shuffled(random, offered).slice(0, Math.max(0, attention + 1 - screen.topics.size))) screen.follow(name);
  }
}

function isBehind({ topics }: Screen, ends: ReadonlyMap<string, number>): boolean {
  const heard = ([name, { refused, isLive, place }]: readonly [TopicName, { refused: string | undefined; isLive: boolean; place: number }]) =>
    refused !== undefined || (isLive && place >= (ends.get(name) ?? 0));
  return ![...topics].every(heard);
}
