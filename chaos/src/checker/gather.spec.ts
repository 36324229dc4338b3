import { FILLER_SUBJECT, Relay, seal, writeOutbox } from '@mela/bus';
import { id, MemberJoined, PostCreated, type EventType } from '@mela/contracts';
import type { Workload } from '@mela/testkit/chaos';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { Client } from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gather } from './gather.ts';
import { openGround, type Ground } from './reading/gather.fixture.ts';
import { readDurables, readStream } from './reading/read-stream.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground?.close());
beforeEach(() => ground.newStream());

/** Without a message id, the stream takes an event as often as it comes. */
const publish = (subject: string, ce: Record<string, string> = {}, data = '{}') => {
  const all = headers();
  for (const [name, value] of Object.entries(ce)) all.set(name, value);
  return jetstream(ground.nc).publish(subject, data, { headers: all });
};
const event = (n: number) => ({ 'ce-id': id(n), 'ce-type': 'post.created', 'ce-source': '/mela/communities', 'ce-subject': id(100 + n), 'ce-aggregateversion': '1' });

describe('the stream', () => {
  it('may be empty', async () => {
    expect(await readStream(ground.nc)).toEqual([]);
  });

  it('may begin late, and be empty all the same', async () => {
    await ground.newStream(1_000);
    expect(await readStream(ground.nc)).toEqual([]);
  });

  it('may begin late, and hold fillers, strangers, repeats and nonsense', async () => {
    await ground.newStream(1_000);
    await publish('evt.post.created.1', event(1));
    await publish(FILLER_SUBJECT, event(9));
    await publish('evt.post.created.2', event(2), 'no JSON');
    await publish('evt.post.created.1', event(1));
    await publish('evt.post.created.3');
    expect((await readStream(ground.nc)).map(({ seq, id: eventId, data }) => [seq, eventId, data])).toEqual([[1_000, id(1), {}], [1_002, id(2), {}], [1_003, id(1), {}]]);
  });

  it('is read whole and in order, and no consumer is left behind', async () => {
    await Promise.all(Array.from({ length: 5_000 }, (_, n) => publish('evt.post.created.1', event(n))));
    const events = await readStream(ground.nc);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 5_000 }, (_, n) => n + 1));
    expect(await readDurables(ground.nc)).toEqual(new Set());
  });
});

describe('the evidence', () => {
  const workload: Workload = {
    service: 'communities',
    aggregates: { post: 'SELECT id::text AS id, version FROM post' },
    rows: { post: 'SELECT id::text AS id, body FROM post ORDER BY body' },
    acts: [],
    probe: async () => [],
    effects: {},
    replicas: {
      members: {
        owned: 'SELECT id::text AS id, body FROM post WHERE version > 1',
        kept: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM members',
        of: ({ id: name }) => String(name),
      },
    },
  };

  it('is all of what the services, the stream and the witness have', async () => {
    const { url, client } = await ground.service('communities', [{ name: '0001', statements: ['CREATE TABLE post (id uuid PRIMARY KEY, body text, version bigint NOT NULL)'] }]);
    const witness = await ground.service('witness', [{ name: '0001', statements: ['CREATE TABLE tally (aggregate text PRIMARY KEY, n int NOT NULL)'] }]);
    await (await jetstreamManager(ground.nc)).consumers.add('MELA', { durable_name: 'witness_members', filter_subject: 'evt.member.*.*' });

    const say = async (type: EventType, aggregate: string, version: number) => {
      const sealed = seal(type, { id: aggregate, version }, type.example, { source: '/mela/communities' });
      await writeOutbox({ query: async (text: string, values?: readonly unknown[]) => (await client.query(text, values as unknown[])).rows } as never, [sealed]);
      return sealed.eventId;
    };
    await client.query(`INSERT INTO post VALUES ($1, 'a', 2), ($2, 'b', 1)`, [id(4), id(5)]);
    const sent = [await say(PostCreated, id(4), 1), await say(PostCreated, id(4), 2), await say(MemberJoined, `${id(2)}:${id(3)}`, 1)];
    await relayed(url);
    const waiting = await say(PostCreated, id(5), 1);
    await client.query(
      `INSERT INTO dead_letter (consumer, event_id, stream_seq, subject, headers, payload, error, attempts, state) VALUES ('communities.x', $1, 1, 's', '{}', '', 'no', 12, 'dead')`, [sent[0]]);
    await witness.client.query(`INSERT INTO tally VALUES ($1, 2)`, [id(4)]);
    await witness.client.query(`INSERT INTO members VALUES ($1, $2, 'member', 1)`, [id(2), id(3)]);

    const evidence = await gather({ databases: { communities: url, witness: witness.url }, natsUrl: ground.natsUrl, workloads: [workload], history: [] });
    expect(evidence.stream.map((one) => one.id).toSorted()).toEqual(sent.toSorted());
    expect(evidence.stream.find(({ version }) => version === 2)).toMatchObject({ noun: 'post', type: 'post.created', aggregate: id(4), source: '/mela/communities', data: PostCreated.example });
    expect(evidence.tally).toEqual({ [id(4)]: 2 });
    expect(evidence.services['communities']).toMatchObject({
      aggregates: { post: [{ id: id(4), version: 2 }, { id: id(5), version: 1 }] },
      rows: { post: [{ id: id(4), body: 'a' }, { id: id(5), body: 'b' }] },
      outbox: [waiting],
      deadLetters: [{ consumer: 'communities.x', eventId: sent[0], state: 'dead', error: 'no' }],
      owned: { members: [{ id: id(4), body: 'a' }] },
      // It has the table, and no durable: whoever owns it keeps no copy.
      kept: {},
    });
    const places = new Map(evidence.stream.map((one) => [one.id, one.seq]));
    expect(evidence.services['communities']!.sent).toHaveLength(3);
    for (const { eventId, streamSeq } of evidence.services['communities']!.sent) expect(streamSeq).toBe(places.get(eventId));
    expect(evidence.services['witness']).toMatchObject({ owned: {}, kept: { members: [{ communityId: id(2), userId: id(3), role: 'member' }] } });
  });

  it('is not made up where something cannot be read', async () => {
    await expect(gather({ databases: { communities: 'x' }, natsUrl: ground.natsUrl, workloads: [workload], history: [] })).rejects.toThrow('witness');
    await expect(gather({ databases: { witness: 'x' }, natsUrl: ground.natsUrl, workloads: [workload], history: [] })).rejects.toThrow('communities');
  });

  /** Sends what waits, and is gone. */
  async function relayed(url: string): Promise<void> {
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const connect = async () => {
      const session = new Client({ connectionString: url, options: '-c search_path=communities' });
      await session.connect();
      return session;
    };
    const relay = new Relay({ service: 'communities', nc: ground.nc, connect, log, metrics: new Registry() });
    await relay.start();
    const look = await connect();
    try {
      await expect.poll(async () => (await look.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox')).rows[0]!.n, { timeout: 15_000 }).toBe(0);
    } finally {
      await look.end();
      await relay.stop();
    }
  }
});
