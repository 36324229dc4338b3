import { v7 as uuid } from 'uuid';
import { expect } from 'vitest';
import type { Relay } from '../src/outbox/relay.ts';
import { recorded } from './garden.ts';
import { expectEverythingOnce, grow } from './growing.ts';
import { eventually, type Garden, type World } from './world.ts';

/** A service with its relay, its consumer of everything, and writers that do not stop before they are told to. */
export class Busy {
  private readonly plants = Array.from({ length: 8 }, () => uuid());
  private writing: Promise<void> | undefined;
  private enough = false;
  relay: Relay | undefined;

  private constructor(readonly garden: Garden) {}

  /** All at once: the world makes the stream anew for each service. */
  static async open(world: World, services: number): Promise<Busy[]> {
    const gardens: Garden[] = [];
    for (let i = 0; i < services; i++) gardens.push(await world.garden());
    return Promise.all(gardens.map((garden) => new Busy(garden).begin()));
  }

  get consumer(): string {
    return `${this.garden.name}.counts`;
  }

  applied(): Promise<number> {
    return this.garden.count('effect').catch(() => 0);
  }

  async appliesMore(events = 200): Promise<void> {
    const before = await this.applied();
    await eventually(() => this.applied(), (now) => now > before + events, 30_000);
  }

  async rest(): Promise<void> {
    this.enough = true;
    await this.writing;
  }

  async committed(): Promise<number> {
    const [row] = await this.garden.db.query<{ versions: number }>('SELECT sum(version)::int AS versions FROM plant');
    return row!.versions;
  }

  /** Its events are in the stream, and this many events were applied here, each once. */
  async expectAllWell(total: number): Promise<void> {
    await expectEverythingOnce(this.garden, this.plants);
    await eventually(() => this.applied(), (applied) => applied >= total, 30_000);
    const [row] = await this.garden.db.query('SELECT count(*)::int AS applied, count(DISTINCT event_id)::int AS events FROM effect');
    expect(row).toEqual({ applied: total, events: total });
  }

  private async begin(): Promise<this> {
    const { garden } = this;
    await garden.effects();
    this.relay = await garden.relay(await garden.world.connection(`${garden.name}-relay`));
    await garden.host([recorded(this.consumer)], { ackWaitMs: 1_000 }, await garden.world.connection(`${garden.name}-host`));
    this.writing = this.write();
    return this;
  }

  private async write(): Promise<void> {
    while (!this.enough) await grow(this.garden, this.plants, 4, 4);
  }
}

/** Every event is in the stream, and every service has applied it once. */
export async function expectAllWell(busy: readonly Busy[]): Promise<void> {
  await Promise.all(busy.map((one) => one.rest()));
  const committed = await Promise.all(busy.map((one) => one.committed()));
  const total = committed.reduce((sum, events) => sum + events, 0);
  for (const one of busy) await one.expectAllWell(total);
}
