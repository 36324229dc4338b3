import type { Asker } from '@mela/bus';
import { id, MayNotHear, type Refusal } from '@mela/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { harbours, topic } from '../../test/harbour.contracts.fixture.ts';
import { RecentEvents } from '../history/recent-events.ts';
import { Rights } from '../history/rights.ts';
import { Entitlements } from './entitlements.ts';

const NOON = Date.parse('2026-05-01T12:00:00.000Z');
const END = 40;
const north = topic.dock('north');
const right = { personId: id(7), scope: north };

/** The owner grants the north dock since then; the stream is known since some time before noon, which is now. */
const asked = ({ since, known, refusal }: { since: number; known: number; refusal?: Refusal }) => {
  const rights = new Rights();
  const recent = new RecentEvents({ events: 1_000, ageMs: 3_600_000, bytes: 1_000_000 });
  recent.begin(10, NOON - known);
  const ask = vi.fn(async () => refusal ?? { topic: north, scope: north, since: new Date(NOON - since).toISOString() });
  const entitlements = new Entitlements({ catalogue: harbours, asker: { ask: ask as unknown as Asker['ask'] }, rights, recent, end: () => END });
  return { rights, ask, answer: (name: string = north) => entitlements.ask(name, right.personId, 'a token') };
};

describe('where a right begins', () => {
  beforeEach(() => void vi.useFakeTimers({ now: NOON }));
  afterEach(() => void vi.useRealTimers());

  it('is before the event that granted it, so that it is heard itself', async () => {
    const { rights, answer } = asked({ since: 60_000, known: 600_000 });
    rights.granted(right, 21);
    expect(await answer()).toEqual({ scope: north, from: 20 });
  });

  it('is before everything where it is older than what could be told', async () => {
    const { answer } = asked({ since: 700_000, known: 600_000 });
    expect(await answer()).toEqual({ scope: north, from: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['the stream is known for long', 600_000],
    ['the stream is known for a moment', 500],
    ['nothing at all is known of the stream yet', 0],
  ])('is waited for where its event may be on its way, though %s', async (_what, known) => {
    const { rights, answer } = asked({ since: 1_000, known });
    const answered = answer();
    await vi.advanceTimersByTimeAsync(2_000);
    rights.granted(right, 33);
    expect(await answered).toEqual({ scope: north, from: 32 });
  });

  it('is now where its event does not come in time', async () => {
    const { answer } = asked({ since: 1_000, known: 500 });
    const answered = answer();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await answered).toEqual({ scope: north, from: END });
  });

  it('is before everything where a stream that is young to us cannot still owe its event', async () => {
    const { answer } = asked({ since: 10_001, known: 500 });
    expect(await answer()).toEqual({ scope: north, from: 0 });
  });
});

describe('a right', () => {
  it('is the owner’s to refuse', async () => {
    const { answer } = asked({ since: 0, known: 0, refusal: MayNotHear() });
    expect(await answer()).toMatchObject({ code: 'topic.forbidden' });
  });

  it('to what nobody knows is refused without asking', async () => {
    const { ask, answer } = asked({ since: 0, known: 0 });
    expect(await answer('castle:1')).toMatchObject({ code: 'topic.unknown' });
    expect(await answer('nonsense')).toMatchObject({ code: 'topic.unknown' });
    expect(ask).not.toHaveBeenCalled();
  });
});
