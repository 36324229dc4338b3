import { isRefusal } from '@mela/contracts';
import { createLog } from '@mela/chassis';
import { expect, it } from 'vitest';
import { keptAs, newTicket, sealed, unsealed } from './sealed.ts';
import { TICKET_MS, Tickets } from './tickets.ts';

const open = (now: () => number) => {
  const kept = new Map<string, Uint8Array>();
  const bucket = {
    put: async (key: string, value: Uint8Array) => void kept.set(key, value),
    take: async (key: string) => {
      const value = kept.get(key);
      kept.delete(key);
      return value;
    },
  };
  return new Tickets(bucket, createLog('silent'), now);
};

it('a ticket holds for as long as it says, to the millisecond', async () => {
  let now = 1_000;
  const tickets = open(() => now);
  for (const [later, holds] of [[TICKET_MS - 1, true], [TICKET_MS, false]] as const) {
    const given = await tickets.give('a token');
    if (isRefusal(given)) throw new Error(given.code);
    now += later;
    expect(await tickets.redeem(given.ticket)).toEqual(holds ? 'a token' : expect.objectContaining({ code: 'auth.invalid_ticket' }));
  }
});

it('a bucket that cannot be reached is no fault of the ticket', async () => {
  const away = async () => Promise.reject(new Error('away'));
  const tickets = new Tickets({ put: away, take: away }, createLog('silent'));
  expect(await tickets.give('a token')).toMatchObject({ status: 503 });
  expect(await tickets.redeem(newTicket())).toMatchObject({ status: 503 });
});

it('what is kept can be read with the ticket alone, and not be changed', () => {
  const [ticket, other] = [newTicket(), newTicket()];
  const kept = sealed(ticket, { token: 'secret' });
  expect(unsealed(ticket, kept)).toEqual({ token: 'secret' });
  expect(() => unsealed(other, kept)).toThrow();
  expect(() => unsealed(keptAs(ticket), kept)).toThrow();
  kept[0]! ^= 1;
  expect(() => unsealed(ticket, kept)).toThrow();
});
