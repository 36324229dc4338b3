import { Asker, connectBus, encodeJson, header, seal } from '@mela/bus';
import { id, MemberJoined, type Operation } from '@mela/contracts';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTargets, type RunningProcess } from '../process/run.ts';
import { MembersOwner } from './members-owner.fixture.ts';
import { keyringService, notes, notesMigrations, notesService, openGround, tokenFor, type Ground } from './notes.fixture.ts';

const ASHA = id(11);

/** Each of these breaks something, so each has parts of its own. */
let ground: Ground;
let running: RunningProcess;
let nc: NatsConnection;

beforeEach(async () => {
  ground = await openGround({ notes: notesMigrations, identity: [] }, { durable: true });
  nc = await connectBus({ url: ground.nats.url, name: 'test' });
  await new MembersOwner(nc).open();
  running = await runTargets([keyringService, notesService], { ...ground.environment, ASK_PATH: 'bus' });
});

afterEach(async () => {
  await nc?.close();
  await running?.stop();
  await ground?.remove();
});

async function ask(operation: Operation, input: object): Promise<{ status: number; code: string }> {
  const reply = await new Asker({ nc, mayAsk: 'anything' }).exchange(operation, encodeJson(input), new Map([[header.token, `Bearer ${await tokenFor(ASHA)}`]]));
  return { status: reply.status, code: JSON.parse(new TextDecoder().decode(reply.body)).code };
}

const readiness = async () => {
  const response = await fetch(`${running.addresses['ops']}/health/ready`);
  return { status: response.status, checks: ((await response.json()) as { checks: Record<string, unknown> }).checks };
};

describe('told to stop', () => {
  it('finishes what it began, and takes nothing new', async () => {
    await ask(notes.write, { text: 'warm' });
    const begun = ask(notes.write, { text: 'slow' });
    // Whatever arrives behind the slow one has been delivered when this is answered, so the slow one has begun.
    await ask(notes.count, {});
    const stopping = running.stop();
    expect((await begun).status).toBe(200);
    await stopping;
    expect((await ask(notes.count, {})).status).toBe(503);
  });
});

describe('without its database', () => {
  it('answers 503 in bounded time, and works again by itself', async () => {
    expect((await ask(notes.write, { text: 'before' })).status).toBe(200);
    await ground.postgres.crash();
    const asked = Date.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(notes.write, { text: 'meanwhile' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect((await readiness()).status).toBe(503);

    await ground.postgres.restart();
    await expect.poll(() => ask(notes.write, { text: 'after' }), { timeout: 20_000 }).toMatchObject({ status: 200 });
    await expect.poll(readiness, { timeout: 20_000 }).toMatchObject({ status: 200 });
  }, 60_000);
});

describe('a membership event that cannot be applied', () => {
  it('stops the replica: readiness fails, and who is a member is not guessed', async () => {
    const community = id(99);
    const joined = seal(MemberJoined, { id: 'x', version: 1 }, { communityId: community, userId: ASHA, role: 'owner' }, { source: '/mela/communities' });
    const carried = headers();
    for (const [name, value] of Object.entries(joined.headers)) carried.set(name, value);
    await jetstream(nc).publish(joined.subject, '{"communityId":', { headers: carried });

    await expect.poll(readiness, { timeout: 10_000 }).toMatchObject({ status: 503, checks: { 'notes.consumers': { fault: expect.stringContaining('notes.members') } } });
    expect(await ask(notes.share, { communityId: community, text: 'x' })).toEqual({ status: 503, code: 'access.unknown' });
  });
});
