import { setTimeout as pauseOf } from 'node:timers/promises';
import type { Random, Struck } from '@mela/testkit/chaos';
import type { Ground } from '../ground/ground.ts';
import type { Fault, Harm } from './fault.ts';
import { mayOverlap, Turns } from './turns.ts';

export interface Orders {
  readonly ground: Ground;
  readonly random: Random;
  readonly faults: readonly Fault[];
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  /** By that clock: from then on nothing is harmed any more. The last recovery is still waited for. */
  readonly until: number;
  /** It ends after so many, if there is time for them. */
  readonly strikes?: number | undefined;
  /** A command goes through, and its event takes effect. */
  probe(): Promise<boolean>;
  /** Why the last probe failed. */
  missing?(): string;
  tell(line: string): void;
  record(struck: Struck): void;
  /** Ends it early, with everything healed. */
  readonly signal?: AbortSignal | undefined;
  readonly pause?: (ms: number) => Promise<void>;
}

interface Blow {
  readonly fault: Fault;
  readonly at: number;
  /** Undefined where it missed altogether. */
  readonly harm: Harm | undefined;
  readonly missed: string | undefined;
  readonly healedAt: number;
}

const RECOVERED_WITHIN_MS = 60_000;
const PROBED_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 100;
const CALM_MS = [500, 3_000] as const;
const OVERLAPPING = 0.2;
const HEAL_ATTEMPTS = 3;

/** Faults that this machine does not allow, and why. */
export type LeftOut = Readonly<Record<string, string>>;

/**
 * Strikes, holds, heals and waits until all is well again, until its time is over. One fault at a time mostly; two
 * are harder to survive and harder to explain. However it ends, it leaves nothing broken that it broke, or says what.
 * Answers what it did without.
 */
export async function unleash(orders: Orders): Promise<LeftOut> {
  const nemesis = new Nemesis(orders);
  try {
    const leftOut = await impossible(orders);
    await nemesis.rage(new Turns(orders.random.fork('turns'), orders.faults.filter(({ name }) => !(name in leftOut))));
    return leftOut;
  } finally {
    await nemesis.healAll();
  }
}

async function impossible({ faults, ground, tell }: Orders): Promise<LeftOut> {
  const reasons = await Promise.all(faults.map(async (fault) => [fault.name, await fault.impossible?.(ground)] as const));
  const leftOut = Object.fromEntries(reasons.filter((one): one is readonly [string, string] => one[1] !== undefined));
  for (const [name, reason] of Object.entries(leftOut)) tell(`Left out: ${name}: ${reason}`);
  return leftOut;
}

class Nemesis {
  /** What is broken, by the fault that did it. */
  private readonly open = new Map<Harm, Fault>();

  constructor(private readonly orders: Orders) {}

  async rage(turns: Turns): Promise<void> {
    const { random, clock, until, strikes = Number.POSITIVE_INFINITY } = this.orders;
    for (let [turn, struck] = [1, 0]; struck < strikes && !this.ended; turn++) {
      const chance = random.fork(`strike ${turn}`);
      const first = turns.next(({ longestMs }) => longestMs <= until - clock());
      if (first === undefined) return;
      const laterMs = chance.int(0, 2_000);
      const second = chance.chance(OVERLAPPING)
        ? turns.next((fault) => mayOverlap(first, fault) && laterMs + fault.longestMs <= until - clock())
        : undefined;
      const blows = await Promise.all([this.blow(first, chance.fork('first')), second && this.blow(second, chance.fork('second'), laterMs)]);
      const done = blows.filter((blow) => blow !== undefined);
      await this.outlive(done);
      if (done.some(({ missed }) => missed === undefined)) struck += 1;
      await this.pause(chance.int(...CALM_MS));
    }
  }

  async healAll(): Promise<void> {
    for (const [harm, fault] of this.open) await this.heal(harm, fault);
    const wounds = [...this.open.keys()].map(({ what }) => what);
    if (wounds.length > 0) throw new Error(`What was done could not be healed: ${wounds.join('; ')}`);
  }

  /** From the blow to its healing; undefined where there was no time for it any more. */
  private async blow(fault: Fault, random: Random, laterMs = 0): Promise<Blow | undefined> {
    const { ground, clock, tell } = this.orders;
    if (laterMs > 0) await this.pause(laterMs);
    if (this.ended) return undefined;
    const at = clock();
    try {
      const harm = await fault.strike(ground, random);
      this.open.set(harm, fault);
      tell(`${fault.name}${harm.missed === undefined ? '' : ' missed'}: ${harm.what}${harm.holdMs > 0 ? `, for ${seconds(harm.holdMs)}` : ''}`);
      if (harm.holdMs > 0) await this.pause(harm.holdMs);
      await this.heal(harm, fault);
      return { fault, at, harm, missed: harm.missed, healedAt: clock() };
    } catch (reason) {
      tell(`${fault.name} missed: ${said(reason)}`);
      return { fault, at, harm: undefined, missed: said(reason), healedAt: clock() };
    }
  }

  private async heal(harm: Harm, fault: Fault): Promise<void> {
    for (let attempt = 1; attempt <= HEAL_ATTEMPTS; attempt++) {
      try {
        await harm.heal();
        this.open.delete(harm);
        return;
      } catch (reason) {
        this.orders.tell(`${fault.name} does not heal: ${said(reason)}`);
      }
    }
  }

  private async outlive(blows: readonly Blow[]): Promise<void> {
    const { clock, tell, record } = this.orders;
    // While the other lasted, something was still wrong.
    const calmAt = clock();
    const { recoveredAt, missing } = await this.recovery(calmAt + RECOVERED_WITHIN_MS);
    if (this.ended) return;
    for (const { fault, at, healedAt, harm, missed } of blows)
      record({ kind: 'struck', fault: fault.name, roles: harm?.role ? [harm.role.name] : [], at, healedAt, calmAt, recoveredAt, missed, disobeyed: harm?.disobeyed });
    const last = missing === undefined ? '' : `; until then ${missing}`;
    tell(recoveredAt === undefined ? `Not well again within ${seconds(RECOVERED_WITHIN_MS)}${last}` : `Well again after ${seconds(recoveredAt - calmAt)}${last}`);
  }

  /** When every role ran and a command took effect, and what was missing at last until then. */
  private async recovery(deadline: number): Promise<{ recoveredAt: number | undefined; missing?: string | undefined }> {
    const { ground, probe, clock } = this.orders;
    const roles = Promise.all(ground.roles.map((role) => role.ready())).then(() => true);
    if (!(await this.withinMs(RECOVERED_WITHIN_MS, roles))) return { recoveredAt: undefined, missing: 'not every role was ready' };
    let missing: string | undefined;
    while (!this.ended && clock() < deadline) {
      if (await this.withinMs(PROBED_WITHIN_MS, probe())) return { recoveredAt: clock(), missing };
      missing = this.orders.missing?.();
      await this.pause(LOOK_AGAIN_MS);
    }
    return { recoveredAt: undefined, missing };
  }

  private get ended(): boolean {
    return this.orders.signal?.aborted === true;
  }

  /** False for what is late, and for what fails. */
  private async withinMs(ms: number, work: Promise<boolean>): Promise<boolean> {
    const enough = new AbortController();
    const late = this.pause(ms, enough.signal).then(() => false);
    return Promise.race([work.catch(() => false), late]).finally(() => enough.abort());
  }

  private async pause(ms: number, over?: AbortSignal): Promise<void> {
    if (this.orders.pause) return this.orders.pause(ms);
    const signals = [over, this.orders.signal].filter((signal) => signal !== undefined);
    await pauseOf(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const said = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
