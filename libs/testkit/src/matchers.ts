import { isDeepStrictEqual } from 'node:util';
import type { DataOf, EventType } from '@mela/contracts';
import { expect } from 'vitest';
import { Ear, type Heard } from './ear.ts';
import { Someone } from './someone.ts';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Waits until the event has been heard with at least these facts. */
    toHear<E extends EventType>(event: E, facts?: Partial<DataOf<E>>): Promise<void>;
    /** A list, or a page of one, holds an item with at least these facts. */
    toContainItem(facts: Record<string, unknown>): R;
  }
}

const holds = (value: Readonly<Record<string, unknown>>, facts: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(facts).every(([name, fact]) => isDeepStrictEqual(value[name], fact));

expect.extend({
  async toHear(listener: unknown, event: EventType, facts: Record<string, unknown> = {}) {
    const fits = (heard: Heard) => heard.type === event.type && holds(heard.d, facts);
    const heard = listener instanceof Someone ? await listener.hears(event, fits) : await (listener as Ear).hears(fits);
    const sofar = listener instanceof Ear ? listener.heard.map(({ type, d }) => `${type} ${JSON.stringify(d)}`).join('\n  ') : '';
    return {
      pass: heard !== undefined,
      message: () => `${this.isNot ? 'did not expect' : 'expected'} to hear ${event.type} with ${JSON.stringify(facts)}; heard:\n  ${sofar}`,
    };
  },
  toContainItem(list: unknown, facts: Record<string, unknown>) {
    const items = Array.isArray(list) ? list : (list as { items: Record<string, unknown>[] }).items;
    return {
      pass: items.some((item) => holds(item, facts)),
      message: () => `${this.isNot ? 'did not expect' : 'expected'} an item with ${JSON.stringify(facts)} among ${JSON.stringify(items)}`,
    };
  },
});
