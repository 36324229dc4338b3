import { Asker, connectBus, encodeJson, ensureStream, header, seal, STREAM } from '@mela/bus';
import { id, MemberJoined, MemberLeft, type MemberState } from '@mela/contracts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runTargets, type RunningProcess } from '../process/run.ts';
import { MembersOwner, membersOf } from '../service/members-owner.fixture.ts';
import { keyringService, notes, notesMigrations, notesService, openGround, tokenFor, type Ground } from '../service/notes.fixture.ts';

const RUNNERS = id(99);
const [ASHA, RAVI] = [id(11), id(12)];
const asha: MemberState = { communityId: RUNNERS, userId: ASHA, role: 'moderator', version: 1 };

let ground: Ground;
let nc: NatsConnection;
let owner: MembersOwner;
let admin: Client;
let running: RunningProcess | undefined;

beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations, identity: [] });
  nc = await connectBus({ url: ground.nats.url, name: 'test' });
  admin = new Client({ connectionString: ground.environment['NOTES_DATABASE_URL'] });
  await admin.connect();
});
beforeEach(async () => {
  await wipeStream();
  owner = new MembersOwner(nc);
});
afterEach(async () => {
  await owner.close();
  await running?.stop();
  running = undefined;
  await admin.query('TRUNCATE members, replica, inbox');
});
afterAll(async () => {
  await admin?.end();
  await nc?.close();
  await ground?.remove();
});

async function wipeStream(): Promise<void> {
  await (await jetstreamManager(nc)).streams.delete(STREAM).catch(() => undefined);
  await ensureStream(nc);
}

const boot = async () => (running = await runTargets([keyringService, notesService], ground.environment));

/** Somebody shares a note, which takes a moderator. */
async function share(person: string): Promise<number> {
  const sent = new Map([[header.token, `Bearer ${await tokenFor(person)}`]]);
  return (await new Asker({ nc, mayAsk: 'anything' }).exchange(notes.share, encodeJson({ communityId: RUNNERS, text: 'x' }), sent)).status;
}

async function readiness(): Promise<{ status: number; consumers: unknown }> {
  const response = await fetch(`${running!.addresses['ops']}/health/ready`);
  return { status: response.status, consumers: ((await response.json()) as { checks: Record<string, unknown> }).checks['notes.consumers'] };
}
const ready = () => expect.poll(readiness, { timeout: 30_000, interval: 20 }).toMatchObject({ status: 200 });
const notReady = (reason: string) =>
  expect.poll(readiness, { timeout: 10_000, interval: 20 }).toMatchObject({ status: 503, consumers: { fault: expect.stringContaining(reason) } });

async function says({ communityId, userId, role, version }: MemberState): Promise<void> {
  const [aggregate, facts] = [{ id: `${communityId}:${userId}`, version }, { source: '/mela/communities' }];
  const event = role === null
    ? seal(MemberLeft, aggregate, { communityId, userId, removedBy: null }, facts)
    : seal(MemberJoined, aggregate, { communityId, userId, role }, facts);
  const carried = headers();
  for (const [name, value] of Object.entries(event.headers)) carried.set(name, value);
  await jetstream(nc).publish(event.subject, event.payload, { headers: carried, msgID: event.eventId });
}

describe('a service that is born when the stream has forgotten', () => {
  it('knows who is a member, and that somebody has left, which no older event takes back', async () => {
    owner.members = [asha, { communityId: RUNNERS, userId: RAVI, role: null, version: 3 }];
    await owner.open();
    await boot();
    await ready();
    expect(await share(ASHA)).toBe(200);
    expect(owner.confirmed).toBe(0);

    await says({ communityId: RUNNERS, userId: RAVI, role: 'owner', version: 2 });
    await says({ ...asha, userId: id(13), version: 1 });
    await expect.poll(() => share(id(13))).toBe(200);
    expect(await share(RAVI)).toBe(404);
  });

  it('answers nobody and is not ready while it is built, and says how far it is', async () => {
    owner.members = [...membersOf(RUNNERS, 2_500), asha];
    let goOn = () => {};
    owner.answering = () => (owner.pages.length === 3 ? new Promise<void>((resolve) => (goOn = resolve)) : undefined);
    await owner.open();
    await boot();
    await notReady('building members from communities: 2,000 so far');
    expect(await share(ASHA)).toBe(503);
    goOn();
    await ready();
    expect(await share(ASHA)).toBe(200);
    expect(owner.pages).toEqual([undefined, '1000', '2000']);
  });

  it('boots while the owner is away, and is built when the owner is back', async () => {
    owner.members = [asha];
    await boot();
    await notReady('building members from communities: 0 so far (communities.members: Nobody answers this operation right now)');
    expect(await share(ASHA)).toBe(503);
    await owner.open();
    await ready();
    expect(await share(ASHA)).toBe(200);
  });

  it('takes nothing that is not as the contract says', async () => {
    owner.members = [{ ...asha, role: 'emperor' as never }];
    await owner.open();
    await boot();
    await notReady('communities.members answers otherwise than declared, at items.0.role');
    expect((await admin.query('SELECT 1 FROM members')).rowCount).toBe(0);
  });

  it('knows ten thousand members within seconds', async () => {
    owner.members = membersOf(RUNNERS, 10_000);
    await owner.open();
    const began = performance.now();
    await boot();
    const booted = performance.now();
    await ready();
    console.log(`booted in ${(booted - began).toFixed(0)} ms, 10,000 members known after ${(performance.now() - began).toFixed(0)} ms`);
    expect((await admin.query('SELECT 1 FROM members')).rowCount).toBe(10_000);
    expect(performance.now() - began).toBeLessThan(30_000);
  });
});

describe('somebody who leaves', () => {
  it('is let in no more, until they come back, whatever order it is heard in', async () => {
    await owner.open();
    await boot();
    await ready();
    await says(asha);
    await expect.poll(() => share(ASHA)).toBe(200);
    await says({ ...asha, role: null, version: 2 });
    await expect.poll(() => share(ASHA)).toBe(404);
    await says({ ...asha, version: 3 });
    await expect.poll(() => share(ASHA)).toBe(200);

    await says({ ...asha, role: null, version: 6 });
    await says({ ...asha, version: 5 });
    await says({ ...asha, role: null, version: 4 });
    await says({ ...asha, userId: RAVI });
    await expect.poll(() => share(RAVI)).toBe(200);
    expect(await share(ASHA)).toBe(404);
    expect((await admin.query('SELECT role, version FROM members WHERE user_id = $1', [ASHA])).rows).toEqual([{ role: null, version: 6 }]);
  });

  it('is known to have left by a service that reads a backlog at once', async () => {
    await owner.open();
    for (const version of [1, 2, 3, 4]) await says({ ...asha, role: version % 2 === 0 ? null : 'moderator', version });
    await says({ ...asha, userId: RAVI });
    await boot();
    await ready();
    await expect.poll(() => share(RAVI)).toBe(200);
    expect(await share(ASHA)).toBe(404);
  });
});

describe('a stream that is wiped while the service runs', () => {
  it('has the replica built anew, and nobody comes in who has left meanwhile', async () => {
    owner.members = [asha, { ...asha, userId: RAVI }];
    await owner.open();
    await boot();
    await ready();
    expect([await share(ASHA), await share(RAVI)]).toEqual([200, 200]);

    // The event that would say so goes down with the stream.
    owner.members[1] = { ...asha, userId: RAVI, role: null, version: 2 };
    const since = performance.now();
    await (await jetstreamManager(nc)).streams.delete(STREAM);
    await expect.poll(() => share(RAVI), { interval: 1 }).not.toBe(200);
    await expect.poll(async () => {
      const status = await share(RAVI);
      expect([503, 404]).toContain(status);
      return status;
    }, { timeout: 30_000, interval: 1 }).toBe(404);
    console.log(`right again ${(performance.now() - since).toFixed(0)} ms after the stream was wiped`);
    expect(await share(ASHA)).toBe(200);
    await ready();
  });
});
