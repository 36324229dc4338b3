import { Asker, connectBus, encodeJson, ensureStream, header, seal } from '@mela/bus';
import { id, KeyWithdrawn } from '@mela/contracts';
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

it('a service takes nothing that a withdrawn key signed, though it took it before, and though whoever publishes keys has not heard of it', async () => {
  const token = await tokenFor(id(11));
  const write = async () => {
    const sent = new Map([[header.token, `Bearer ${token}`]]);
    const { status, body } = await new Asker({ nc, mayAsk: 'anything' }).exchange(notes.write, encodeJson({ text: 'milk' }), sent);
    return status === 200 ? status : JSON.parse(new TextDecoder().decode(body)).code;
  };
  expect(await write()).toBe(200);
  const { subject, headers: attributes, payload } = seal(KeyWithdrawn, { id: 'test', version: 1 }, { kid: 'test' }, { source: '/mela/identity' });
  const carried = headers();
  for (const [name, value] of Object.entries(attributes)) carried.set(name, value);
  await jetstream(nc).publish(subject, payload, { headers: carried });
  await vi.waitFor(async () => expect(await write()).toBe('auth.invalid_token'), { timeout: 1_000, interval: 10 });
});
