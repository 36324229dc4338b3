import { Asker, continueTrace, within } from '@mela/bus';
import { isRefusal, realtime } from '@mela/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { describe, expect, it } from 'vitest';
import { openHarbour, pilot } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';

describe('tickets', () => {
  const world = openHarbour();

  /** As the API gateway asks in the name of whoever sent the request. */
  const ask = (as: string | undefined) => {
    const asker = new Asker({ nc: world.nc, mayAsk: new Set([realtime.createTicket.id]) });
    return within({ traceparent: continueTrace(undefined), token: as }, () => asker.ask(realtime.createTicket, {}));
  };
  const given = async () => {
    const answer = await ask(world.pilotsToken);
    if (isRefusal(answer)) throw new Error(answer.code);
    return answer;
  };

  it('are given to whoever shows an access token', async () => {
    await world.gateway();
    const { ticket, expiresAt } = await given();
    expect(ticket).toMatch(/^[\w-]{32}$/);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(25_000);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);
    expect(await ask(undefined)).toMatchObject({ status: 401, code: 'auth.required' });
    expect(await ask('nonsense')).toMatchObject({ status: 401, code: 'auth.invalid_token' });
  });

  it('open a stream of events, a poll or a WebSocket in the name of their person', async () => {
    const gateway = await world.gateway();
    const page = await Page.open(`${gateway.http}/realtime/events?topics=dock:north&ticket=${(await given()).ticket}`);
    await page.live('dock:north');
    const screen = await gateway.open();
    expect(await screen.ask({ t: 'connect', ticket: (await given()).ticket })).toMatchObject({ t: 'connected', topics: [`person:${pilot}`] });
    await screen.listen('dock:north');
    const told = await world.publish({ pilotId: pilot });
    await page.hears(told.id, `person:${pilot}`);
    await screen.hears(told.id);
    expect(await Page.ask(`${gateway.http}/realtime/poll?ticket=${(await given()).ticket}`)).toMatchObject({ status: 200, body: { frames: [] } });
    page.leave();
  });

  it('work once, at whichever gateway, however many try at the same time', async () => {
    const gateways = [await world.gateway(), await world.gateway(), await world.gateway()];
    for (let round = 0; round < 3; round++) {
      const { ticket } = await given();
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => Page.ask(`${gateways[n % 3]!.http}/realtime/poll?ticket=${ticket}`)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const { status, body } of answers) if (status !== 200) expect(body).toMatchObject({ status: 401, code: 'auth.invalid_ticket' });
    }
  });

  it.each([['was never given', async () => 'x'.repeat(32)], ['is no ticket', async () => 'a.b*>'], ['was used', used]])('are refused on a WebSocket when one %s', async (_why, ticket) => {
    const gateway = await world.gateway();
    const screen = await gateway.open();
    expect(await screen.ask({ t: 'connect', ticket: await ticket() })).toMatchObject({ t: 'err', code: 'auth.invalid_ticket', retry: false });
    expect((await screen.closed).code).toBe(4401);
  });
  async function used() {
    const gateway = await world.gateway();
    const { ticket } = await given();
    await Page.ask(`${gateway.http}/realtime/poll?ticket=${ticket}`);
    return ticket;
  }

  it('are shown in place of a token, not beside it', async () => {
    const screen = await (await world.gateway()).open();
    expect(await screen.ask({ t: 'connect', ticket: 'x', token: world.pilotsToken })).toMatchObject({ code: 'frame.invalid' });
    expect(await screen.ask({ t: 'connect' })).toMatchObject({ code: 'frame.invalid' });
  });

  it('are of no use to whoever reads what is kept', async () => {
    await world.gateway();
    const { ticket } = await given();
    const bucket = await new Kvm(world.nc).open('realtime_tickets');
    const names = [];
    for await (const name of await bucket.keys()) names.push(name);
    expect(names).not.toContain(ticket);
    for (const name of names) {
      const value = Buffer.from((await bucket.get(name))!.value).toString('latin1');
      expect(value).not.toContain(world.pilotsToken.split('.')[1]);
    }
  });

  it('are kept in memory for half a minute, and not without end', async () => {
    await world.gateway();
    await given();
    const { config } = await (await jetstreamManager(world.nc)).streams.info('KV_realtime_tickets');
    expect(config).toMatchObject({ storage: 'memory', max_age: 30_000_000_000, max_msgs_per_subject: 1, max_bytes: 67_108_864 });
  });

  it('that the servers forgot are gone, and others are given', async () => {
    const gateway = await world.gateway();
    const jsm = await jetstreamManager(world.nc);
    const lost = await given();
    await jsm.streams.delete('KV_realtime_tickets');
    expect(await Page.ask(`${gateway.http}/realtime/poll?ticket=${lost.ticket}`)).toMatchObject({ status: 401, body: { code: 'auth.invalid_ticket' } });
    await jsm.streams.delete('KV_realtime_tickets');
    const { ticket } = await given();
    expect(await Page.ask(`${gateway.http}/realtime/poll?ticket=${ticket}`)).toMatchObject({ status: 200 });
  });
});
