import { randomUUID } from 'node:crypto';
import { identity } from '@mela/contracts';
import { inject } from 'vitest';
import { askOperation } from './http.ts';
import { Someone } from './someone.ts';
import type { WorldAddresses } from './world-process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    world: WorldAddresses;
  }
}

/** A beginning that several tests share: it makes what it names, anew for each of them. */
export type Scenario<Made> = (world: World) => Promise<Made>;

/** Mela as its clients see it, running on real parts that belong to this run alone. */
export class World {
  private readonly people: Someone[] = [];

  constructor(readonly addresses: WorldAddresses) {}

  given<Made>(scenario: Scenario<Made>): Promise<Made> {
    return scenario(this);
  }

  /** Somebody new: names may repeat from test to test, accounts never do. */
  async someone(name: string): Promise<Someone> {
    const email = `${name.toLowerCase()}-${randomUUID()}@example.org`;
    const password = `ferns under the bridge of ${name}`;
    const session = await askOperation(this.addresses.api, identity.register, { email, password, name });
    const person = new Someone(this.addresses, name, email, password, session);
    this.people.push(person);
    return person;
  }

  /** Closes what the tests left open. */
  rest(): void {
    for (const person of this.people.splice(0)) person.leaves();
  }
}

/** The world that this run's set-up started. */
export const openWorld = (): World => new World(inject('world'));
