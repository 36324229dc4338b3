import { setTimeout as pause } from 'node:timers/promises';
import type { Ask, Operation, Session } from '@mela/contracts';
import type { Act, Actor, Asker, Random, Workload } from '@mela/testkit/chaos';
import type { History } from '../history/history.ts';
import { weighted } from '../seed.ts';
import { askUntilAnswered, type Asking } from './asking.ts';
import type { Post } from './post.ts';

interface Options {
  readonly api: string;
  readonly history: History;
  readonly random: Random;
  readonly workloads: readonly Workload[];
  readonly people: number;
  readonly post: Pick<Post, 'to'>;
  readonly operates: Actor['operates'];
}

/** Few of them are ever limited: a person may post thirty times a minute. */
const THINK_MS = 1_500;

/** Many people at once, each of whom does one thing after another, by the seed. */
export class Crowd {
  readonly people: readonly Actor[];
  private readonly acts: readonly Act[];
  private readonly shared = new Map<string, unknown[]>();
  private acting = true;
  private asking = true;
  private done: Promise<unknown> = Promise.resolve();
  private fault: Error | undefined;

  constructor(private readonly options: Options) {
    this.acts = options.workloads.flatMap(({ acts }) => acts);
    this.people = Array.from({ length: options.people }, (_, place) => this.someone(place));
  }

  begin(): void {
    this.done = Promise.all(this.people.map((person) => this.live(person).catch((fault: Error) => this.fail(fault))));
  }

  /**
   * Nobody begins anything new; what was begun is asked until it is answered, but not for ever. An act that broke is told of here,
   * where whoever began all this heals and closes it: anywhere else it would end the process, with everything left broken.
   */
  async rest(patienceMs: number): Promise<void> {
    this.acting = false;
    const timer = setTimeout(() => (this.asking = false), patienceMs);
    await this.done;
    clearTimeout(timer);
    if (this.fault) throw this.fault;
  }

  private fail(fault: Error): void {
    this.fault ??= fault;
    this.acting = false;
    this.asking = false;
  }

  private someone(place: number): Actor {
    const { api, history, random, post, operates } = this.options;
    const name = `person-${place}`;
    const asking: Asking = { api, history, random: random.fork(`${name}/asking`), who: name, address: `10.1.${place}.1`, over: () => !this.asking };
    const as = (session: () => Session | undefined): Asker => {
      const tries: Asker['tries'] = (operation, input) => askUntilAnswered(asking, operation, input, session());
      return { tries, asks: async <Op extends Operation>(operation: Op, input: Ask<Op>) => (await tries(operation, input))?.answer };
    };
    const person: Actor = {
      name,
      random: random.fork(name),
      session: undefined as Session | undefined,
      known: <T>(what: string) => {
        if (!this.shared.has(what)) this.shared.set(what, []);
        return this.shared.get(what) as T[];
      },
      as: (session) => as(() => session),
      ...as(() => person.session),
      letters: (to) => post.to(to),
      operates,
    };
    return person;
  }

  private async live(person: Actor): Promise<void> {
    while (this.acting) {
      await weighted(person.random, this.acts).run(person);
      await pause(person.random.int(0, THINK_MS));
    }
  }
}
