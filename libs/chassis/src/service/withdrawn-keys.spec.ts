import { seal } from '@mela/bus';
import { id, KeyWithdrawn } from '@mela/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NotesOverTheBus } from './notes-over-the-bus.fixture.ts';
import { tokenFor } from './notes.fixture.ts';

let notes: NotesOverTheBus;
beforeAll(async () => void (notes = await NotesOverTheBus.open()));
afterAll(() => notes?.close());

it('a service takes nothing that a withdrawn key signed, though it took it before, and though whoever publishes keys has not heard of it', async () => {
  const token = await tokenFor(id(11));
  expect(await notes.write(token)).toBe(200);
  await notes.hear(seal(KeyWithdrawn, { id: 'test', version: 1 }, { kid: 'test' }, { source: '/mela/identity' }));
  await vi.waitFor(async () => expect(await notes.write(token)).toBe('auth.invalid_token'), { timeout: 1_000, interval: 10 });
});
