import type { Ask, Operation, Out, Session } from '@mela/contracts';

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
  /** Of each command, by its operation's id: how many times its effect is in the rows. A 2xx must be there once, a refusal never. */
  readonly effects: Readonly<Record<string, (asked: Asked, rows: Rows) => number>>;
  readonly invariants?: readonly Invariant[];
}

export interface Act {
  readonly name: string;
  readonly weight: number;
  run(person: Actor): Promise<void>;
}

/** Somebody in the crowd. Nobody knows what they do next but the seed. */
export interface Actor {
  readonly name: string;
  readonly random: Random;
  /** Set once they are signed in; acts that need it are skipped before. */
  session: Session | undefined;
  /** What the whole crowd knows, such as communities one might join. */
  known<T>(what: string): T[];
  /** Asks until there is a definite answer, each command under one idempotency key; undefined when it was refused or the run ended. */
  asks<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Out<Op> | undefined>;
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

export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** All times are milliseconds since the run began. */
export interface Asked {
  readonly kind: 'asked';
  readonly who: string;
  /** The person's id, where they were signed in. */
  readonly personId?: string | undefined;
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
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown; readonly replayed: boolean }
  /** A problem document: 4xx are definite; 503 and 504 say that it may or may not have happened. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** No answer: the connection broke. */
  | { readonly kind: 'broken'; readonly why: string };

/** An event on somebody's screen. */
export interface HeardEvent {
  readonly kind: 'heard';
  readonly who: string;
  readonly personId: string;
  /** Which of their connections, counted over the run. */
  readonly connection: number;
  readonly at: number;
  readonly topic: string;
  readonly cursor: string;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the nemesis did. */
export interface Struck {
  readonly kind: 'struck';
  readonly fault: string;
  readonly at: number;
  /** From then on nothing was wrong any more but what was left behind. */
  readonly healedAt: number;
  /** When a command went through and its event took effect again; undefined when it never did. */
  readonly recoveredAt: number | undefined;
}

export type Entry = Asked | HeardEvent | Struck;

export interface StreamEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly noun: string;
  readonly source: string;
  readonly aggregate: string;
  readonly version: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What one service's schema held when all was over. */
export interface ServiceEvidence {
  readonly aggregates: Readonly<Record<string, readonly { readonly id: string; readonly version: number }[]>>;
  readonly rows: Rows;
  /** Event ids that still wait. */
  readonly outbox: readonly string[];
  readonly sent: readonly { readonly eventId: string; readonly aggregate: string; readonly version: number; readonly streamSeq: number }[];
  readonly deadLetters: readonly { readonly consumer: string; readonly eventId: string; readonly state: string; readonly error: string }[];
  /** Its replica of memberships, where it keeps one. */
  readonly members: readonly { readonly communityId: string; readonly userId: string; readonly role: string | null; readonly version: number }[];
  /** Whether it keeps one: an empty replica is judged too. Unless told, it does where there are rows. */
  readonly keepsMembers?: boolean;
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
