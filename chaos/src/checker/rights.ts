import { mela, parseTopic, topic, type Right } from '@mela/contracts';
import { commandsOf, type Command, type Evidence, type Grant, type HeardEvent, type Rows, type Workload } from '@mela/testkit/chaos';
import { nameOfRight } from './turns.ts';
import { clearest } from './wishes.ts';

export const kindOf = (name: string): string => parseTopic(name)?.kind ?? name;
export const keyOf = (name: string): string => parseTopic(name)?.key ?? name;

/** Whoever grants the topics of one kind, and what it holds. */
export interface Granted {
  readonly grant: Grant;
  readonly rows: Rows;
  readonly scopeOf: (key: string) => string | undefined;
}

/** Who may hear what, as the workloads declare it. */
export class Rights {
  private readonly kinds = new Map<string, Granted | string>();

  constructor(
    private readonly evidence: Evidence,
    private readonly workloads: readonly Workload[],
  ) {}

  /** What somebody hears on screens, by the topics' kind; not what concerns themselves, which is judged by its name. */
  heard(): Map<string, HeardEvent[]> {
    const heard = this.evidence.history.filter((entry) => entry.kind === 'heard');
    return Map.groupBy(heard.filter(({ topic: name }) => kindOf(name) !== topic.person.kind), ({ topic: name }) => kindOf(name));
  }

  /** Or why nobody knows. */
  granted(kind: string): Granted | string {
    const known = this.kinds.get(kind) ?? this.find(kind);
    this.kinds.set(kind, known);
    return known;
  }

  /** The right that one needs to hear this; undefined where nobody can say. */
  needed({ topic: name, personId }: Pick<HeardEvent, 'topic' | 'personId'>): Right | undefined {
    const { kind, key } = parseTopic(name) ?? {};
    const granted = kind === undefined || kind === topic.person.kind ? undefined : this.granted(kind);
    const scope = granted === undefined || typeof granted === 'string' ? undefined : granted.scopeOf(key!);
    return scope === undefined ? undefined : { personId, scope };
  }

  private find(kind: string): Granted | string {
    const owner = mela.operations.get(mela.topics.get(kind)?.grantedBy ?? '')?.service;
    const grant = this.workloads.find(({ service }) => service === owner)?.grants?.[kind];
    const rows = this.evidence.services[owner ?? '']?.rows;
    if (!grant) return 'no workload says who may hear them';
    return rows ? { grant, rows, scopeOf: grant.scopes(rows) } : 'nobody has the rows who may hear them';
  }
}

/** When each command began that may have given a right, in the order of time: those that were refused have not. */
export class WaysIn {
  private readonly commands: readonly Command[];
  private readonly known = new Map<string, readonly number[]>();

  constructor(
    history: Evidence['history'],
    private readonly granted: Granted,
  ) {
    this.commands = commandsOf(history).filter(({ operation, proof }) => operation in granted.grant.by && proof !== 'refused');
  }

  to(right: Right): readonly number[] {
    const name = nameOfRight(right);
    const known = this.known.get(name) ?? this.find(right);
    this.known.set(name, known);
    return known;
  }

  private find(right: Right): number[] {
    const { grant, rows } = this.granted;
    return this.commands
      .filter((command) => grant.by[command.operation]!(clearest([command]), right, rows))
      .map(({ attempts }) => Math.min(...attempts.map(({ at }) => at)))
      .toSorted((a, b) => a - b);
  }
}
