import { seal } from '@mela/bus';
import { id, SessionRevoked } from '@mela/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NotesOverTheBus } from './notes-over-the-bus.fixture.ts';
import { tokenFor } from './notes.fixture.ts';

let notes: NotesOverTheBus;
beforeAll(async () => void (notes = await NotesOverTheBus.open()));
afterAll(() => notes?.close());

it('a service that is asked directly over the bus takes no token of a session that has ended, within a second, and goes on with the others', async () => {
  const [ended, other] = [await tokenFor(id(11), undefined, id(21)), await tokenFor(id(11), undefined, id(22))];
  expect([await notes.write(ended), await notes.write(other)]).toEqual([200, 200]);
  await notes.hear(seal(SessionRevoked, { id: id(21), version: 1 }, { sessionId: id(21), userId: id(11) }, { source: '/mela/identity' }));
  await vi.waitFor(async () => expect(await notes.write(ended)).toBe('auth.invalid_token'), { timeout: 1_000, interval: 10 });
  expect(await notes.write(other)).toBe(200);
});
