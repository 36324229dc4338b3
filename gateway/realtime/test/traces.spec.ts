import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fact, seal } from '@mela/bus';
import { SpanFolder } from '@mela/chassis';
import { id } from '@mela/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHarbour, ShipSighted } from './harbour.fixture.ts';

const world = openHarbour();
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'mela-realtime-traces-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const sighted = async (): Promise<string> => {
  const facts = { source: '/mela/harbour', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const { eventId, subject, headers, payload } = seal(ShipSighted, { id: id(1), version: 1 }, { shipId: id(1), dock: 'north' }, facts);
  await world.store(subject, headers, payload);
  return eventId;
};

it('a gateway traces what it tells, and not what it reads back when it starts', async () => {
  for (let n = 0; n < 5; n++) await sighted();
  const gateway = await world.gateway({ TRACE_FOLDER: folder });
  const screen = await gateway.screen(world.pilotsToken);
  await screen.listen('dock:north');
  const told = await sighted();
  await screen.hears(told);
  screen.leave();
  await gateway.process.stop();
  const spans = await new SpanFolder(folder).read(ShipSighted.type);
  expect(spans.filter(({ step }) => step === 'frames').map(({ facts }) => facts[fact.event])).toEqual([told]);
});
