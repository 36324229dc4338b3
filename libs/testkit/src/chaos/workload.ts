import type { Ask, Operation, Out, Right, Session, TopicName } from '@mela/contracts';
import type { Followed, HeardEvent } from './on-screens.ts';

/**
 * What a run of chaos asks of one service, and what it holds it to. Each service has one: `services/<name>/test/chaos.ts`
 * exports it as `workload`, and every run finds it there.
 */
export interface Workload {
  readonly service: string;
  /** Every aggregate that says events, by its noun: SQL over the service's own schema that answers `id` (text) and `version`. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** What the judges below read when all is over: SQL over the service's own schema. */
  readonly rows: Readonly<Record<string, string>>;
  /** What a person does, again and again, chosen by weight. */
  readonly acts: readonly Act[];
  /**
   * Shows that the service works from end to end, after whatever struck: does something new, and answers the aggregates whose
   * events the witness is to count. Whatever does not happen is thrown.
   */
  probe(prober: Prober): Promise<readonly string[]>;
  /** What somebody's screen listens to, if they may. */
  listens?(person: Actor): readonly TopicName[];
  /** Of each command, by its operation's id: how many times its effect is in the rows. A 2xx must be there once, a refusal never. */
  readonly effects: Readonly<Record<string, (asked: Asked, rows: Rows) => number>>;
  /** Commands that leave nothing by which they could be told, by their operation's id: what they make is used up, or replaced by the next. */
  readonly traceless?: readonly string[];
  /** SQL over the service's own schema that answers `waiting`: how many things it still has to do. When all is healed, a run waits for them. */
  readonly waits?: string;
  /** Commands by which a person does something to themselves and to nobody else, by their operation's id. */
  readonly forOneself?: readonly string[];
  /** What other services keep copies of, by the replica's name: the durable of a service that keeps one is `<service>.<name>`. */
  readonly replicas?: Readonly<Record<string, Replica>>;
  /** Who may hear the topics that the service grants, by their kind. */
  readonly grants?: Readonly<Record<string, Grant>>;
  readonly invariants?: readonly Invariant[];
}

export interface Replica {
  /** SQL over the owner's schema. */
  readonly owned: string;
  /** SQL over the schema of whoever keeps a copy. It answers the same rows, whatever their order. */
  readonly kept: string;
  /** What a row is about: there is one of each. Named as the aggregate is. */
  of(row: Row): string;
}

/** The events' contracts tell when rights begin and end (`grants`, `revokes`). */
export interface Grant {
  /** Of a topic's key the scope that the right to hear it rests on, as the service answers it; undefined where there is no such topic. */
  scopes(rows: Rows): (key: string) => string | undefined;
  /** Everybody who ever had the right, in the rows of the service. */
  holders(rows: Rows): Iterable<Right>;
  /** Commands by which one comes to it, by their operation's id: whether this one, if it took effect, may have given it. */
  readonly by: Readonly<Record<string, (asked: Asked, right: Right, rows: Rows) => boolean>>;
}

/** Somebody new, with an account of a moment ago and a screen, who asks once and wants an answer. */
export interface Prober {
  /** Told apart from everybody else's. */
  readonly name: string;
  readonly session: Session;
  asks<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Out<Op>>;
  listens(topic: TopicName): Promise<void>;
  /** Their screen is told something of the one with this id. */
  hears(id: string): Promise<void>;
  /** A mail comes to the address that they have registered with. */
  receives(): Promise<void>;
}

export interface Act {
  readonly name: string;
  readonly weight: number;
  run(person: Actor): Promise<void>;
}

/** A problem document, as it came. */
export type Problem = Readonly<Record<string, unknown>> & { readonly code: string };

/** What came of asking until there was a definite answer. */
export type Tried<Op extends Operation> = { readonly answer: Out<Op>; readonly refusal?: undefined } | { readonly answer?: undefined; readonly refusal: Problem };

export interface Asker {
  /** Asks until there is a definite answer, each command under one idempotency key; undefined when it was refused or the run ended. */
  asks<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Out<Op> | undefined>;
  /** The same for whoever goes on with what a refusal says; undefined when the run ended. */
  tries<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Tried<Op> | undefined>;
}

/** Somebody in the crowd. Nobody knows what they do next but the seed. */
export interface Actor extends Asker {
  readonly name: string;
  readonly random: Random;
  /** Set once they are signed in; acts that need it are skipped before. */
  session: Session | undefined;
  /** What the whole crowd knows, such as communities one might join. */
  known<T>(what: string): T[];
  /** The same person with another session, or with none. */
  as(session: Session | undefined): Asker;
  /** What came to an address by mail so far, the first first. */
  letters(to: string): readonly Letter[];
  /** As the instance's operator, over the bus: what nobody may ask over HTTP. Undefined where nothing came of it. */
  operates<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Out<Op> | undefined>;
}

export interface Letter {
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
}

/** Chance that can be repeated: the same seed makes the same choices. */
export interface Random {
  /** 0 ≤ x < 1 */
  next(): number;
  /** least ≤ n ≤ most */
  int(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A stream of chance of its own, so that what one does does not change what another draws. */
  fork(name: string): Random;
}

export type Row = Readonly<Record<string, unknown>>;
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** All times are milliseconds since the run began. */
export interface Asked {
  readonly kind: 'asked';
  readonly who: string;
  /** The person's id, where they were signed in. */
  readonly personId?: string | undefined;
  /** The session that they asked in. */
  readonly sessionId?: string | undefined;
  readonly operation: string;
  readonly command: boolean;
  readonly input: Readonly<Record<string, unknown>>;
  /** Every attempt at one command carries the same key. */
  readonly key?: string | undefined;
  readonly attempt: number;
  readonly at: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
}

export type Outcome =
  /** Where the answer holds secrets, `body` tells of them no more than `person` and `sessionId`. */
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown; readonly replayed: boolean }
  /** A problem document: 4xx are definite; 503 and 504 say that it may or may not have happened. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** No answer: the connection broke, or the client would not wait any longer. */
  | { readonly kind: 'broken'; readonly why: string; readonly gaveUp?: boolean };

/** What the nemesis did. */
export interface Struck {
  readonly kind: 'struck';
  readonly fault: string;
  /** The processes of Mela that were themselves struck; none where it was a server or a line. */
  readonly roles: readonly string[];
  readonly at: number;
  /** When this blow was over. */
  readonly healedAt: number;
  /** When everything was that had struck together: from then on nothing was wrong any more but what was left behind. */
  readonly calmAt: number;
  /** When every service did what it is for again; undefined when one never did. */
  readonly recoveredAt: number | undefined;
  /** Why it did not do what it was to. It counts for nothing, and what it broke all the same is judged. */
  readonly missed?: string | undefined;
  /** What Mela did wrong while it lasted. */
  readonly disobeyed?: string | undefined;
}

/** A process of Mela that ended though nobody had ended it. */
export interface Died {
  readonly kind: 'died';
  readonly role: string;
  readonly at: number;
  /** Its code or its signal. */
  readonly how: string;
  /** Whether it had been ready: one that cannot start while a server is down may try again. */
  readonly wasReady: boolean;
}

/** A mail that came to an address. */
export interface Mailed {
  readonly kind: 'mailed';
  readonly at: number;
  readonly to: string;
  /** Angle brackets included. */
  readonly messageId: string;
  readonly subject: string;
  /** Of the link in it, if there is one. */
  readonly token: string | undefined;
}

export type Entry = Asked | HeardEvent | Followed | Struck | Died | Mailed;

export interface StreamEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly noun: string;
  readonly source: string;
  readonly aggregate: string;
  readonly version: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Put back by a relay after the stream had lost its end: no news. */
  readonly restored?: boolean;
}

/** What one service's schema held when all was over. */
export interface ServiceEvidence {
  readonly aggregates: Readonly<Record<string, readonly { readonly id: string; readonly version: number }[]>>;
  readonly rows: Rows;
  /** Event ids that still wait. */
  readonly outbox: readonly string[];
  readonly sent: readonly { readonly eventId: string; readonly aggregate: string; readonly version: number; readonly streamSeq: number }[];
  readonly deadLetters: readonly { readonly consumer: string; readonly eventId: string; readonly state: string; readonly error: string }[];
  /** Of each replica that it owns, what copies are held against. */
  readonly owned: Rows;
  /** Its own copies, by the replica's name: an empty one is judged too. */
  readonly kept: Rows;
}

export interface Evidence {
  readonly history: readonly Entry[];
  readonly stream: readonly StreamEvent[];
  readonly services: Readonly<Record<string, ServiceEvidence>>;
  /** How often the witness, a consumer that does nothing but count, has counted each aggregate. */
  readonly tally: Readonly<Record<string, number>>;
}

export interface Violation {
  /** I1 … I6, or the service's own. */
  readonly invariant: string;
  readonly what: string;
  /** Ids that it is about: aggregates, events, people, keys. The story is told of these. */
  readonly about: readonly string[];
}

export interface Invariant {
  readonly name: string;
  judge(evidence: Evidence): readonly Violation[];
}
