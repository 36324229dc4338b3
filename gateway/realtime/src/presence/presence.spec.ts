import { afterEach, describe, expect, it } from 'vitest';
import { closing } from '../protocol/close-codes.ts';
import type { Message } from '../protocol/message.ts';
import type { Connection } from '../socket/connection.ts';
import { Subscription, type HowEnded } from '../topics/subscription.ts';
import { GRACE_MS, Presence, SENT_AWAY_MS } from './presence.ts';

interface Told {
  readonly at: number;
  readonly v: number;
  readonly join: string[];
  readonly leave: string[];
  readonly count: number;
  readonly snapshot?: true;
}

/** A gateway’s presence with a clock of its own, and listeners that note what they are told. */
class Ground {
  now = 0;
  readonly others: [string, string, boolean][] = [];
  readonly presence = new Presence({ tellOthers: (...change) => this.others.push(change), now: () => this.now });

  ear(personId: string, topic = 'dock:north', impersonator?: string): Ear {
    return new Ear(this, personId, topic, impersonator);
  }

  pass(ms: number): void {
    for (const until = this.now + ms; this.now < until; ) {
      this.now = Math.min(until, this.now + 50);
      this.presence.turn();
    }
  }
}

class Ear {
  readonly told: Told[] = [];
  private readonly subscription: Subscription;
  private readonly connection: { readonly deliver: unknown; endedWith?: number };

  constructor(
    private readonly ground: Ground,
    readonly personId: string,
    readonly topic: string,
    impersonator?: string,
  ) {
    const deliver = ({ text }: Message) => void this.told.push({ ...(JSON.parse(String(text)) as Omit<Told, 'at'>), at: ground.now });
    const connection = { deliver, session: { personId, impersonator } };
    this.connection = connection;
    this.subscription = new Subscription(connection as unknown as Connection, topic, 0);
    this.asksAgain();
  }

  asksAgain(): void {
    this.ground.presence.join(this.subscription);
  }

  leave(how: HowEnded): void {
    this.ground.presence.leave(this.subscription, how);
  }

  /** Its gateway stops, and told it to come back later. */
  isSentAway(): void {
    this.connection.endedWith = closing.drain.code;
    this.leave('gone');
  }

  /** Who is there, as a client knows that reads what it is told. */
  get view(): string[] {
    const there = new Set<string>();
    for (const { join, leave, snapshot } of this.told) {
      if (snapshot) there.clear();
      for (const personId of join) there.add(personId);
      for (const personId of leave) there.delete(personId);
    }
    return [...there].sort();
  }

  get differences(): Told[] {
    return this.told.filter(({ snapshot }) => !snapshot);
  }
}

describe('who is there', () => {
  let ground: Ground;
  const begin = () => (ground = new Ground());
  afterEach(() => ground.presence.stop());

  it('is told whole first, and then what differs', () => {
    begin();
    const asha = ground.ear('asha');
    expect(asha.told).toEqual([{ at: 0, t: 'pres', topic: 'dock:north', v: 1, join: ['asha'], leave: [], count: 1, snapshot: true }]);
    const ravi = ground.ear('ravi');
    expect(ravi.told).toMatchObject([{ v: 2, join: ['asha', 'ravi'], count: 2, snapshot: true }]);
    expect(asha.differences).toMatchObject([{ v: 2, join: ['ravi'], leave: [], count: 2 }]);
    ravi.leave('unwanted');
    ground.pass(1_100);
    expect(asha.differences[1]).toMatchObject({ v: 3, join: [], leave: ['ravi'], count: 1 });
    expect(ground.others).toEqual([['dock:north', 'asha', true], ['dock:north', 'ravi', true], ['dock:north', 'ravi', false]]);
  });

  it('is one person, however many screens', () => {
    begin();
    const asha = ground.ear('asha');
    const [phone, tab] = [ground.ear('ravi'), ground.ear('ravi')];
    ground.pass(5_000);
    phone.leave('gone');
    ground.pass(5_000);
    expect(asha.differences).toMatchObject([{ join: ['ravi'] }]);
    tab.leave('gone');
    ground.pass(5_000);
    expect(asha.differences).toMatchObject([{ join: ['ravi'] }, { leave: ['ravi'] }]);
  });

  it('does not flicker when a connection breaks and is back at once', () => {
    begin();
    const asha = ground.ear('asha');
    const before = ground.ear('ravi');
    ground.pass(2_000);
    before.leave('gone');
    ground.pass(GRACE_MS - 100);
    const after = ground.ear('ravi');
    ground.pass(5_000);
    expect(asha.differences).toMatchObject([{ join: ['ravi'] }]);
    expect(after.view).toEqual(['asha', 'ravi']);
  });

  it('does not flicker when a gateway stops, and those whom it sent away come when they were told to', () => {
    begin();
    const asha = ground.ear('asha');
    const [ravi, mina, ben] = [ground.ear('ravi'), ground.ear('mina'), ground.ear('ben')];
    ground.pass(2_000);
    for (const one of [ravi, mina]) one.isSentAway();
    ben.leave('gone');
    ground.pass(SENT_AWAY_MS - 1_000);
    expect(asha.view).toEqual(['asha', 'mina', 'ravi']);
    ground.ear('ravi');
    ground.pass(2_000);
    expect(asha.view).toEqual(['asha', 'ravi']);
    expect(asha.differences.flatMap(({ leave }) => leave)).toEqual(['ben', 'mina']);
  });

  it('is told at once to have left when it was wished or the right is gone', () => {
    begin();
    const asha = ground.ear('asha');
    const [ravi, mina] = [ground.ear('ravi'), ground.ear('mina')];
    ground.pass(3_000);
    ravi.leave('unwanted');
    mina.leave('revoked');
    ground.pass(100);
    expect(asha.view).toEqual(['asha']);
  });

  it('is heard by an admin who looks through somebody’s eyes, whom it does not make be there', () => {
    begin();
    const asha = ground.ear('asha');
    const eyes = ground.ear('ravi', 'dock:north', 'an admin');
    ground.pass(3_000);
    const mina = ground.ear('mina');
    expect([asha.view, eyes.view]).toEqual([['asha', 'mina'], ['asha', 'mina']]);
    const ravi = ground.ear('ravi');
    eyes.leave('unwanted');
    ground.pass(3_000);
    expect(asha.view).toEqual(['asha', 'mina', 'ravi']);
    for (const one of [asha, mina, ravi]) one.leave('unwanted');
    const alone = ground.ear('ravi', 'dock:north', 'an admin');
    expect(alone.told).toMatchObject([{ join: [], count: 0, snapshot: true }]);
    alone.leave('gone');
    ground.pass(3_000);
    expect([ground.presence.size, ground.others.filter(([, personId]) => personId === 'ravi').map(([, , isHere]) => isHere)]).toEqual([0, [true, false]]);
  });

  it('is told of to whoever asks again', () => {
    begin();
    const asha = ground.ear('asha');
    asha.asksAgain();
    expect(asha.told.map(({ snapshot }) => snapshot)).toEqual([true, true]);
    asha.leave('unwanted');
    expect(ground.presence.size).toBe(0);
  });

  it('names a thousand and counts all: whoever is one too many is named when there is room', () => {
    begin();
    const people = Array.from({ length: 1_500 }, (_, n) => ground.ear(`p${String(n).padStart(4, '0')}`));
    ground.pass(3_000);
    const [first] = people;
    expect([first!.view.length, first!.told.at(-1)!.count]).toEqual([1_000, 1_500]);
    const late = ground.ear('late');
    expect([late.told[0]!.join.length, late.told[0]!.count]).toEqual([1_000, 1_501]);
    for (const one of people.slice(1, 400)) one.leave('unwanted');
    ground.pass(2_000);
    expect([first!.view, first!.told.at(-1)!.count]).toEqual([late.view, 1_102]);
    expect(first!.view).toHaveLength(1_000);
    for (const one of people.slice(400)) one.leave('unwanted');
    ground.pass(2_000);
    expect([first!.view, late.view]).toEqual([['late', 'p0000'], ['late', 'p0000']]);
  });

  it('costs those who left nothing more, and what is written is written once for all', () => {
    begin();
    const ears = Array.from({ length: 20 }, (_, n) => ground.ear(`p${n}`));
    ground.pass(2_000);
    for (const ear of ears) ear.leave('gone');
    ground.pass(5_000);
    expect([ground.presence.size, [...ground.presence.attended()]]).toEqual([0, []]);
  });

  it.each([1, 2, 3, 4, 5])('is the truth after whatever happened (seed %i): a snapshot and its differences, at most one a second', (seed) => {
    begin();
    const random = mulberry(seed);
    const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const [people, topics] = [['asha', 'ravi', 'mina', 'ben', 'kofi', 'lea'], ['dock:north', 'dock:south']];
    const elsewhere = new Set<string>();
    const all: Ear[] = [];
    let open: Ear[] = [];
    for (let step = 0; step < 600; step++) {
      const dice = random();
      if (dice < 0.3) {
        const ear = ground.ear(one(people), one(topics));
        all.push(ear);
        open.push(ear);
      } else if (dice < 0.6 && open.length > 0) {
        const ear = one(open);
        ear.leave(one(['gone', 'gone', 'unwanted', 'revoked']));
        open = open.filter((other) => other !== ear);
      } else if (dice < 0.75) {
        const name = `${one(topics)} ${one(people)}`;
        const [topic, personId] = name.split(' ') as [string, string];
        if (elsewhere.delete(name)) ground.presence.roll.remove(topic, personId);
        else {
          elsewhere.add(name);
          ground.presence.roll.add(topic, personId);
        }
      } else ground.pass(Math.floor(random() * 1_500));
    }
    ground.pass(GRACE_MS + 2_000);
    for (const topic of topics) {
      const truth = people.filter((personId) => elsewhere.has(`${topic} ${personId}`) || open.some((ear) => ear.topic === topic && ear.personId === personId)).sort();
      for (const ear of open.filter((other) => other.topic === topic)) {
        expect(ear.view).toEqual(truth);
        expect(ear.told.at(-1)!.count).toBe(truth.length);
      }
    }
    for (const { told, differences } of all) {
      expect(told[0]!.snapshot).toBe(true);
      for (const [place, { v }] of differences.entries()) expect(v).toBe((differences[place - 1] ?? told[0]!).v + 1);
      for (const [place, { at }] of differences.slice(1).entries()) expect(at - differences[place]!.at).toBeGreaterThanOrEqual(1_000);
    }
  });
});

/** The same numbers for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
