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
  readonly harm: Harm;
}

const RECOVERED_WITHIN_MS = 60_000;
const PROBED_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 100;
const CALM_MS = [500, 3_000] as const;
const OVERLAPPING = 0.2;
const HEAL_ATTEMPTS = 3;

/**
 * Strikes, holds, heals and waits until all is well again, until its time is over. One fault at a time mostly; two
 * are harder to survive and harder to explain. However it ends, it leaves nothing broken that it broke, or says what.
 */
export async function unleash(orders: Orders): Promise<void> {
  const nemesis = new Nemesis(orders);
  try {
    await nemesis.rage(new Turns(orders.random.fork('turns'), await possible(orders)));
  } finally {
    await nemesis.healAll();
  }
}

async function possible({ faults, ground, tell }: Orders): Promise<Fault[]> {
  const reasons = await Promise.all(faults.map(async (fault) => fault.impossible?.(ground)));
  for (const [place, reason] of reasons.entries()) if (reason !== undefined) tell(`Left out: ${faults[place]!.name}: ${reason}`);
  return faults.filter((_fault, place) => reasons[place] === undefined);
}

class Nemesis {
  private readonly open = new Set<Blow>();

  constructor(private readonly orders: Orders) {}

  async rage(turns: Turns): Promise<void> {
    const { random, clock, until, strikes = Number.POSITIVE_INFINITY } = this.orders;
    for (let strike = 1; strike <= strikes && !this.ended; strike++) {
      const chance = random.fork(`strike ${strike}`);
      const first = turns.next(({ longestMs }) => longestMs <= until - clock());
      if (first === undefined) return;
      const laterMs = chance.int(0, 2_000);
      const second = chance.chance(OVERLAPPING)
        ? turns.next((fault) => mayOverlap(first, fault) && laterMs + fault.longestMs <= until - clock())
        : undefined;
      const blows = await Promise.all([this.blow(first, chance.fork('first')), second && this.blow(second, chance.fork('second'), laterMs)]);
      await this.outlive(blows.filter((blow) => blow !== undefined));
      await this.pause(chance.int(...CALM_MS));
    }
  }

  async healAll(): Promise<void> {
    for (const blow of this.open) await this.heal(blow);
    const wounds = [...this.open].map(({ harm }) => harm.what);
    if (wounds.length > 0) throw new Error(`What was done could not be healed: ${wounds.join('; ')}`);
  }

  /** From the blow to its healing; undefined where it missed. */
  private async blow(fault: Fault, random: Random, laterMs = 0): Promise<Blow | undefined> {
    const { ground, clock, tell } = this.orders;
    if (laterMs > 0) await this.pause(laterMs);
    if (this.ended) return undefined;
    const at = clock();
    try {
      const harm = await fault.strike(ground, random);
      const blow = { fault, at, harm };
      this.open.add(blow);
      tell(`${fault.name}: ${harm.what}${harm.holdMs > 0 ? `, for ${seconds(harm.holdMs)}` : ''}`);
      if (harm.holdMs > 0) await this.pause(harm.holdMs);
      await this.heal(blow);
      return blow;
    } catch (reason) {
      tell(`${fault.name} missed: ${said(reason)}`);
      return undefined;
    }
  }

  private async heal(blow: Blow): Promise<void> {
    for (let attempt = 1; attempt <= HEAL_ATTEMPTS; attempt++) {
      try {
        await blow.harm.heal();
        this.open.delete(blow);
        return;
      } catch (reason) {
        this.orders.tell(`${blow.fault.name} does not heal: ${said(reason)}`);
      }
    }
  }

  private async outlive(blows: readonly Blow[]): Promise<void> {
    const { clock, tell, record } = this.orders;
    // While the other lasted, something was still wrong.
    const healedAt = clock();
    const { recoveredAt, missing } = await this.recovery(healedAt + RECOVERED_WITHIN_MS);
    if (this.ended) return;
    for (const { fault, at } of blows) record({ kind: 'struck', fault: fault.name, at, healedAt, recoveredAt });
    const last = missing === undefined ? '' : `; until then ${missing}`;
    tell(recoveredAt === undefined ? `Not well again within ${seconds(RECOVERED_WITHIN_MS)}${last}` : `Well again after ${seconds(recoveredAt - healedAt)}${last}`);
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
