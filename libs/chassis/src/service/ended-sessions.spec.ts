import { Asker, connectBus, encodeJson, ensureStream, header, seal } from '@mela/bus';
import { id, SessionRevoked } from '@mela/contracts';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runTargets, type RunningProcess } from '../process/run.ts';
import { MembersOwner } from './members-owner.fixture.ts';
import { keyringService, notes, notesMigrations, notesService, openGround, tokenFor, type Ground } from './notes.fixture.ts';

let ground: Ground;
let hosted: RunningProcess;
let nc: NatsConnection;

beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations, identity: [] });
  nc = await connectBus({ url: ground.nats.url, name: 'test' });
  await ensureStream(nc);
  await new MembersOwner(nc).open();
  hosted = await runTargets([keyringService, notesService], { ...ground.environment, ASK_PATH: 'bus' });
});
afterAll(async () => {
  await hosted?.stop();
  await nc?.close();
  await ground?.remove();
});

it('a service that is asked directly over the bus takes no token of a session that has ended, within a second, and goes on with the others', async () => {
  const [ended, other] = [await tokenFor(id(11), undefined, id(21)), await tokenFor(id(11), undefined, id(22))];
  const write = async (token: string) => {
    const sent = new Map([[header.token, `Bearer ${token}`]]);
    const { status, body } = await new Asker({ nc, mayAsk: 'anything' }).exchange(notes.write, encodeJson({ text: 'milk' }), sent);
    return status === 200 ? status : JSON.parse(new TextDecoder().decode(body)).code;
  };
  expect([await write(ended), await write(other)]).toEqual([200, 200]);
  const { subject, headers: attributes, payload } = seal(SessionRevoked, { id: id(21), version: 1 }, { sessionId: id(21), userId: id(11) }, { source: '/mela/identity' });
  const carried = headers();
  for (const [name, value] of Object.entries(attributes)) carried.set(name, value);
  await jetstream(nc).publish(subject, payload, { headers: carried });
  await vi.waitFor(async () => expect(await write(ended)).toBe('auth.invalid_token'), { timeout: 1_000, interval: 10 });
  expect(await write(other)).toBe(200);
});
