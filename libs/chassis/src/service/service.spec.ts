import { Asker, connectBus, ensureStream, header, seal, within, encodeJson } from '@mela/bus';
import { id, isRefusal, MemberJoined, type CommunityRole, type Operation } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runTargets, type RunningProcess } from '../process/run.ts';
import { MembersOwner } from './members-owner.fixture.ts';
import { keyringService, notes, notesMigrations, notesService, openGround, tokenFor, type Ground } from './notes.fixture.ts';

const ASHA = id(11);
const RAVI = id(12);

let ground: Ground;
let process_: RunningProcess;
let nc: NatsConnection;
let admin: Client;
let owner: MembersOwner;

beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations, identity: [] });
  nc = await connectBus({ url: ground.nats.url, name: 'test' });
  await ensureStream(nc);
  owner = await new MembersOwner(nc).open();
  process_ = await runTargets([keyringService, notesService], ground.environment);
  await vi.waitUntil(async () => (await fetch(`${process_.addresses['ops']}/health/ready`)).ok, { timeout: 10_000 });
  admin = new Client({ connectionString: ground.environment['NOTES_DATABASE_URL'] });
  await admin.connect();
});

afterAll(async () => {
  await process_?.stop();
  await admin?.end();
  await nc?.close();
  await ground?.remove();
});

interface As {
  person?: string;
  key?: string;
}

async function ask(operation: Operation, input: object, { person, key }: As = {}) {
  const sent = new Map<string, string>();
  if (person) sent.set(header.token, `Bearer ${await tokenFor(person)}`);
  if (key) sent.set(header.idempotencyKey, key);
  const asker = new Asker({ nc, mayAsk: 'anything' });
  const reply = await within({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }, () => asker.exchange(operation, encodeJson(input), sent));
  return { status: reply.status, replayed: reply.headers.get(header.replayed), body: JSON.parse(new TextDecoder().decode(reply.body)) };
}

const countOf = async (text: string): Promise<number> => (await admin.query('SELECT count(*)::int AS n FROM note WHERE text = $1', [text])).rows[0].n;
const eventsOf = async (noteId: string): Promise<number> =>
  (await admin.query(`SELECT (SELECT count(*) FROM outbox WHERE aggregate_id = $1)::int + (SELECT count(*) FROM outbox_sent WHERE aggregate_id = $1)::int AS n`, [noteId])).rows[0].n;

describe('a command', () => {
  it('commits its rows and its event together', async () => {
    const { status, body } = await ask(notes.write, { text: 'milk' }, { person: ASHA });
    expect(status).toBe(200);
    expect(await countOf('milk')).toBe(1);
    expect(await eventsOf(body.id)).toBe(1);
  });

  it('that is refused or breaks leaves neither', async () => {
    expect((await ask(notes.write, { text: '' }, { person: ASHA })).body.code).toBe('note.empty');
    expect((await ask(notes.write, { text: 'broken' }, { person: ASHA })).status).toBe(500);
    expect((await countOf('')) + (await countOf('broken'))).toBe(0);
    const { rows } = await admin.query('SELECT 1 FROM outbox WHERE aggregate_id NOT IN (SELECT id::text FROM note)');
    expect(rows).toEqual([]);
  });

  it('says only what is its own to say', async () => {
    expect((await ask(notes.write, { text: 'pretends' }, { person: ASHA })).status).toBe(500);
    expect(await countOf('pretends')).toBe(0);
  });

  it('never claims what PostgreSQL undid because a statement had failed unnoticed', async () => {
    expect((await ask(notes.write, { text: 'careless' }, { person: ASHA })).status).toBe(500);
    expect((await ask(notes.write, { text: 'careless' }, { person: ASHA, key: 'k-careless' })).status).toBe(500);
    expect(await countOf('careless')).toBe(0);
  });

  it('needs a token that is whole and ours', async () => {
    expect((await ask(notes.write, { text: 'x' })).body.code).toBe('auth.required');
    const sent = new Map([[header.token, `Bearer ${(await tokenFor(ASHA)).slice(0, -4)}AAAA`]]);
    const reply = await new Asker({ nc, mayAsk: 'anything' }).exchange(notes.write, encodeJson({ text: 'x' }), sent);
    expect(reply.status).toBe(401);
  });
});

describe('an Idempotency-Key', () => {
  it('makes a command take effect once, and answers the same again', async () => {
    const first = await ask(notes.write, { text: 'once' }, { person: ASHA, key: 'k-once' });
    const second = await ask(notes.write, { text: 'once' }, { person: ASHA, key: 'k-once' });
    expect(second.body).toEqual(first.body);
    expect([first.replayed, second.replayed]).toEqual([undefined, 'true']);
    expect(await countOf('once')).toBe(1);
    expect(await eventsOf(first.body.id)).toBe(1);
  });

  it('is a person’s own', async () => {
    await ask(notes.write, { text: 'own' }, { person: ASHA, key: 'k-own' });
    await ask(notes.write, { text: 'own' }, { person: RAVI, key: 'k-own' });
    expect(await countOf('own')).toBe(2);
  });

  it('refuses another request', async () => {
    await ask(notes.write, { text: 'tea' }, { person: ASHA, key: 'k-tea' });
    expect(await ask(notes.write, { text: 'coffee' }, { person: ASHA, key: 'k-tea' })).toMatchObject({ status: 422, body: { code: 'idempotency.key_reused' } });
  });

  it('remembers a refusal, and leaves nothing of what was refused', async () => {
    const first = await ask(notes.write, { text: '' }, { person: ASHA, key: 'k-empty' });
    const second = await ask(notes.write, { text: '' }, { person: ASHA, key: 'k-empty' });
    expect([first.body.code, second.body.code, second.replayed]).toEqual(['note.empty', 'note.empty', 'true']);
    expect(await countOf('')).toBe(0);
  });

  it('does not remember what broke', async () => {
    expect((await ask(notes.write, { text: 'broken' }, { person: ASHA, key: 'k-broken' })).status).toBe(500);
    const { rows } = await admin.query(`SELECT answer FROM idempotency WHERE answer->>'text' = 'broken'`);
    expect(rows).toEqual([]);
  });

  it('never keeps an answer that holds a secret', async () => {
    expect((await ask(notes.whisper, { text: 'psst' }, { key: 'k-secret' })).status).toBe(200);
    expect(await ask(notes.whisper, { text: 'psst' }, { key: 'k-secret' })).toMatchObject({ status: 409, body: { code: 'idempotency.answer_withheld' } });
    const { rows } = await admin.query(`SELECT answer FROM idempotency WHERE operation = 'notes.whisper'`);
    expect(rows).toEqual([{ answer: null }]);
  });

  it('lets sixty of the same at once through as one', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(notes.write, { text: 'race' }, { person: ASHA, key: 'k-race' })));
    expect(await countOf('race')).toBe(1);
    const ids = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    expect(answers.filter(({ status }) => status !== 200).every(({ body }) => body.code === 'idempotency.in_progress')).toBe(true);
  });

  it.each(['', 'ä', 'with space', 'x'.repeat(201)].filter(Boolean))('that is malformed (%j) is refused', async (key) => {
    expect((await ask(notes.write, { text: 'x' }, { person: ASHA, key: Buffer.from(key).toString('latin1') })).status).toBe(400);
  });
});

describe('membership', () => {
  const community = id(99);
  const joined = (userId: string, role: CommunityRole, version: number) =>
    seal(MemberJoined, { id: `${community}:${userId}`, version }, { communityId: community, userId, role }, { source: '/mela/communities' });

  async function publish(...events: ReturnType<typeof joined>[]): Promise<void> {
    const { headers } = await import('@nats-io/transport-node');
    for (const event of events) {
      const carried = headers();
      for (const [name, value] of Object.entries(event.headers)) carried.set(name, value);
      await jetstream(nc).publish(event.subject, event.payload, { headers: carried, msgID: event.eventId });
    }
  }

  async function replicaSays(userId: string, role: CommunityRole): Promise<void> {
    await expect.poll(async () => (await admin.query('SELECT role FROM members WHERE user_id = $1', [userId])).rows[0]?.role, { timeout: 5_000 }).toBe(role);
  }

  it('unknown to the replica is confirmed with the owner before it is denied', async () => {
    Object.assign(owner, { role: 'admin', confirmed: 0 });
    expect((await ask(notes.share, { communityId: community, text: 'new' }, { person: id(21) })).status).toBe(200);
    Object.assign(owner, { role: null });
    expect((await ask(notes.share, { communityId: community, text: 'stranger' }, { person: id(22) })).status).toBe(404);
    expect(owner.confirmed).toBe(2);
  });

  it('known to the replica needs nobody else', async () => {
    Object.assign(owner, { role: null, confirmed: 0 });
    await publish(joined(id(23), 'moderator', 1));
    await replicaSays(id(23), 'moderator');
    expect((await ask(notes.share, { communityId: community, text: 'known' }, { person: id(23) })).status).toBe(200);
    expect(owner.confirmed).toBe(0);
  });

  it('too weak is 403', async () => {
    Object.assign(owner, { role: 'member', confirmed: 0 });
    await publish(joined(id(24), 'member', 1));
    await replicaSays(id(24), 'member');
    expect(await ask(notes.share, { communityId: community, text: 'weak' }, { person: id(24) })).toMatchObject({ status: 403, body: { code: 'access.denied' } });
  });

  it('takes the newer version, whichever comes first', async () => {
    await publish(joined(id(25), 'owner', 3), joined(id(25), 'member', 2), joined(id(26), 'member', 1));
    await replicaSays(id(26), 'member');
    await replicaSays(id(25), 'owner');
  });
});

describe('health', () => {
  it('is ready when everything is, and has metrics', async () => {
    await ask(notes.write, { text: 'counted' }, { person: ASHA });
    const ops = process_.addresses['ops']!;
    expect((await fetch(`${ops}/health/live`)).status).toBe(200);
    const ready = await fetch(`${ops}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true, checks: { 'notes.database': 'ok', 'notes.bus': 'ok', 'notes.consumers': 'ok' } }]);
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain('mela_operation_seconds_count{operation="notes.write"');
  });
});

it('a refusal that comes over the bus is a value', async () => {
  const answer = await new Asker({ nc, mayAsk: 'anything' }).ask(notes.write, { text: 'x' });
  expect(isRefusal(answer) && answer.code).toBe('auth.required');
});
