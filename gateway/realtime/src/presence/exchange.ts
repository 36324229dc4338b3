import { watchConnectivity } from '@mela/bus';
import type { NatsConnection, Subscription as BusSubscription } from '@nats-io/transport-node';
import type { Neighbours } from './neighbours.ts';
import type { Presence } from './presence.ts';
import { inPieces, readTiding, type Tiding } from './tidings.ts';

const TOLD = 'rt.presence.told';
const ASKED = 'rt.presence.asked';
const answersTo = (gateway: string) => `rt.presence.answers.${gateway}`;

const BEAT_MS = 2_000;
const LOOK_MS = 500;
/** Changes of this long are told together. */
const GATHERED_MS = 100;

interface Parts {
  readonly nc: NatsConnection;
  /** Of this run of this gateway. */
  readonly id: string;
  readonly neighbours: Neighbours;
  readonly presence: Pick<Presence, 'attended' | 'size'>;
}

/** Tells the other gateways who is at this one, and hears who is at theirs: on the bus, where what is missed is asked for again. */
export class Exchange {
  private readonly changed = new Map<string, Map<string, boolean>>();
  private gathering: NodeJS.Timeout | undefined;
  private told = 0;
  private readonly heard: BusSubscription[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private endWatch: (() => void) | undefined;

  constructor(private readonly parts: Parts) {}

  start(): void {
    const { nc, id, neighbours } = this.parts;
    for (const subject of [TOLD, ASKED, answersTo(id)])
      this.heard.push(nc.subscribe(subject, { callback: (fault, message) => void (fault || this.hear(readTiding(message.data))) }));
    this.timers.push(setInterval(() => this.beat(), BEAT_MS).unref(), setInterval(() => neighbours.look(LOOK_MS), LOOK_MS).unref());
    this.endWatch = watchConnectivity(nc, (connected) => connected && this.greet());
    this.greet();
  }

  /** Only the last word on a person matters. */
  note(topic: string, personId: string, isHere: boolean): void {
    const people = this.changed.get(topic) ?? new Map<string, boolean>();
    this.changed.set(topic, people);
    people.set(personId, isHere);
    this.gathering ??= setTimeout(() => this.tellChanges(), GATHERED_MS).unref();
  }

  stop(): void {
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
    this.endWatch?.();
    for (const subscription of this.heard.splice(0)) subscription.unsubscribe();
    // Whoever left before is not waited for.
    this.tellChanges();
    this.say(TOLD, { t: 'bye', from: this.parts.id });
  }

  /** As a newcomer, and when the bus is back: whatever was said meanwhile is not known. */
  private greet(): void {
    this.beat();
    this.say(ASKED, { t: 'ask', from: this.parts.id });
  }

  private beat(): void {
    this.tellChanges();
    const { id, presence } = this.parts;
    this.say(TOLD, { t: 'beat', from: id, n: this.told, size: presence.size });
  }

  private tellChanges(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    const [came, went] = [true, false].map((isHere) =>
      inPieces([...this.changed].map(([topic, people]) => [topic, [...people].flatMap(([personId, here]) => (here === isHere ? [personId] : []))] as const)));
    this.changed.clear();
    for (let place = 0; place < Math.max(came!.length, went!.length); place++) {
      const [coming, going] = [came![place] ?? {}, went![place] ?? {}];
      if (Object.keys(coming).length + Object.keys(going).length === 0) continue;
      this.say(TOLD, { t: 'changed', from: this.parts.id, n: ++this.told, came: coming, went: going });
    }
  }

  private hear(tiding: Tiding | undefined): void {
    const { id, neighbours } = this.parts;
    if (!tiding || tiding.from === id) return;
    if (tiding.t === 'ask') {
      if (tiding.of === undefined || tiding.of === id) this.tellAll(tiding.from);
      return;
    }
    const lacking = neighbours.hear(tiding);
    if (lacking !== undefined) this.say(ASKED, { t: 'ask', from: id, of: lacking });
  }

  private tellAll(gateway: string): void {
    this.tellChanges();
    const pieces = inPieces(this.parts.presence.attended());
    for (const [part, people] of pieces.entries()) this.say(answersTo(gateway), { t: 'all', from: this.parts.id, n: this.told, part, parts: pieces.length, people });
  }

  private say(subject: string, tiding: Tiding): void {
    const { nc } = this.parts;
    if (!nc.isClosed()) nc.publish(subject, JSON.stringify(tiding));
  }
}
