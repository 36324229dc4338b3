import { Asker, ensureStream, needStream, OperationServer, Poison, publishedIn, seal, STREAM, unseal } from '@mela/bus';
import { communities, id, identity, MemberJoined, mela, operationsOf } from '@mela/contracts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BusGround, durablesOf, mayAsk, maySay, overhearsEnds, targets, users } from './bus-ground.fixture.ts';

let ground: BusGround;
beforeAll(async () => {
  ground = await BusGround.open();
});
afterAll(() => ground?.close());

const everybody = users.map(({ name }) => name);
const others = (user: string) => everybody.filter((other) => other !== user);
const operations = [...mela.operations.values()];
const events = [...mela.events.values()];
const foreignDurables = (user: string) => others(user).flatMap((other) => durablesOf[other] ?? []);

const state = async () => (await (await jetstreamManager(ground.master)).streams.info(STREAM)).state;

async function expectRefused(user: string, of: 'publish' | 'subscribe', subjects: readonly string[]): Promise<void> {
  const before = await state();
  const refused = await ground.refusals(user, (nc) => {
    for (const subject of subjects)
      if (of === 'publish') nc.publish(subject, '{}');
      else nc.subscribe(subject, { callback: () => undefined });
  });
  expect(refused).toEqual(subjects.map((subject) => `${of} ${subject}`));
  expect(await state()).toEqual(before);
}

it('everybody has a user: each target, and the operator', () => {
  expect(everybody).toEqual([...targets.map(({ name }) => name), 'operator']);
});

describe.each(everybody)('with the credentials of %s, the server refuses', (user) => {
  it.skipIf(user === 'operator')('to say another’s event', async () => {
    const foreign = events.filter(({ noun }) => !maySay[user]?.includes(noun));
    expect(foreign.length).toBeGreaterThan(0);
    await expectRefused(user, 'publish', foreign.map(({ noun, verb }) => `evt.${noun}.${verb}.3`));
    await expectRefused(user, 'publish', ['evt.order.placed.0', 'evt.stream.skipped.1', 'evt']);
  });

  it('to listen to everything, or to more than is its own', async () => {
    await expectRefused(user, 'subscribe', ['>', '*.>', 'evt.>', 'svc.>', 'svc.*.signIn', 'bell.*', '_INBOX.>', '_INBOX_*.>', '$JS.>', '$JS.API.>', '$JS.EVENT.>', '$SYS.>', '$KV.>']);
    await expectRefused(user, 'subscribe', others(user).flatMap((other) => [`svc.${other}.>`, `bell.${other}`, `bell.${other}.dlq`]));
  });

  it('to overhear any events but those of keys and, for services, that a session has ended', async () => {
    const unheard = events.filter(({ noun, type }) => noun !== 'key' && !(overhearsEnds.includes(user) && type === 'session.revoked'));
    await expectRefused(user, 'subscribe', ['evt.*.*.*', 'evt.key.>', 'evt.key.*.*', 'evt.*.withdrawn.*', 'evt.session.>', ...unheard.map(({ noun, verb }) => `evt.${noun}.${verb}.*`)]);
  });

  it('to read another’s inbox', async () => {
    await expectRefused(user, 'subscribe', others(user).flatMap((other) => [`_INBOX_${other}.>`, `_INBOX_${other}.answer.>`, `_INBOX_${other}.*.*`]));
  });

  it('to remove, empty or change the stream', async () => {
    const calls = ['STREAM.DELETE', 'STREAM.PURGE', 'STREAM.UPDATE', 'STREAM.MSG.DELETE', 'STREAM.SNAPSHOT', 'STREAM.RESTORE', 'STREAM.PEER.REMOVE', 'STREAM.LEADER.STEPDOWN'];
    await expectRefused(user, 'publish', calls.map((call) => `$JS.API.${call}.${STREAM}`));
    await expectRefused(user, 'publish', ['$JS.API.STREAM.CREATE.ANOTHER', '$JS.API.STREAM.DELETE.KV_realtime_tickets', '$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST']);
  });

  it('to call an operation that it does not name', async () => {
    const unnamed = operations.filter(({ id }) => !mayAsk[user]!.includes(id));
    expect(unnamed.length).toBeGreaterThan(0);
    await expectRefused(user, 'publish', [...unnamed.map(({ subject }) => subject), 'svc.orders.place']);
  });

  it.runIf(user === 'api')('to follow more than the end of sessions', async () => {
    await expectRefused(user, 'publish', ['', '.evt.>', '.evt.session.*.*', '.evt.session.opened.*', '.evt.post.created.*'].map((filter) => `$JS.API.CONSUMER.CREATE.${STREAM}.api_q7${filter}`));
  });

  it('to use, change or remove another’s durable', async () => {
    const calls = (durable: string) => [
      ...['CONSUMER.CREATE', 'CONSUMER.MSG.NEXT', 'CONSUMER.DELETE', 'CONSUMER.DURABLE.CREATE', 'CONSUMER.PAUSE'].map((call) => `$JS.API.${call}.${STREAM}.${durable}`),
      `$JS.API.CONSUMER.CREATE.${STREAM}.${durable}.evt.>`, `$JS.API.CONSUMER.CREATE.${STREAM}.${durable}.evt.post.created.*`,
      `$JS.ACK.${STREAM}.${durable}.1.1.1.1.1`,
    ];
    await expectRefused(user, 'publish', foreignDurables(user).flatMap(calls));
  });

  it('to write into another’s inbox, but where that one waits for its answers', async () => {
    const mayAnswer = (other: string) => operations.some(({ service, id }) => service === user && mayAsk[other]?.includes(id));
    await expectRefused(user, 'publish', others(user).flatMap((other) => [`_INBOX_${other}.q7.1`, ...(mayAnswer(other) ? [] : [`_INBOX_${other}.answer.q7.1`])]));
  });
});

describe('nobody gives themselves a right', () => {
  it('by a message of their own whose reply they choose', async () => {
    const refused = await ground.refusals('communities', (nc) => {
      nc.subscribe('bell.communities', { callback: () => undefined });
      nc.publish('bell.communities', '', { reply: 'evt.user.registered.0' });
    });
    expect(refused).toEqual([]);
    await expectRefused('communities', 'publish', ['evt.user.registered.0']);
  });

  it('by sending what JetStream gives them where they may not: it is no event there, and no question', async () => {
    const [communitiesBus, postcards, identityBus] = await Promise.all(['communities', 'postcards', 'identity'].map((user) => ground.as(user)));
    const asked: string[] = [];
    const server = new OperationServer(identityBus!, 'identity');
    for (const { subject } of [identity.appoint, identity.me]) server.serve(subject, () => (asked.push(subject), Promise.resolve({ status: 200, headers: new Map(), body: Buffer.from('{}') })));
    await new Promise<void>((resolve, reject) => server.listen((fault?: unknown) => (fault ? reject(fault as Error) : resolve())));
    await identityBus!.flush();

    const { last_seq: before } = await state();
    const joined = [id(1), id(2)].map((member) => seal(MemberJoined, { id: member, version: 1 }, MemberJoined.example, { source: '/mela/communities' }));
    for (const one of joined) {
      const carried = headers();
      for (const [name, value] of Object.entries(one.headers)) carried.set(name, value);
      await jetstream(communitiesBus!).publish(one.subject, one.payload, { headers: carried });
    }
    const jsm = await jetstreamManager(postcards!, { checkAPI: false });
    await jsm.consumers.add(STREAM, { durable_name: 'postcards_members', ack_policy: 'explicit', filter_subject: 'evt.member.joined.*', deliver_policy: 'by_start_sequence', opt_start_seq: before + 1 });
    const elsewhere = ['evt.user.registered.3', identity.appoint.subject];
    for (const reply of elsewhere) postcards!.publish(`$JS.API.CONSUMER.MSG.NEXT.${STREAM}.postcards_members`, '{"batch":1}', { reply });
    for (const reply of elsewhere) postcards!.publish(`$JS.API.STREAM.INFO.${STREAM}`, '', { reply });
    await expect.poll(async () => (await state()).last_seq).toBe(before + 4);

    const api = await ground.as('api');
    expect((await api.request(identity.me.subject, '{}', { reply: '_INBOX_api.answer.q8', noMux: true, timeout: 5_000 })).json()).toEqual({});
    expect(asked).toEqual([identity.me.subject]);
    const reader = await jetstreamManager(ground.master);
    const stored = await Promise.all([before + 3, before + 4].map(async (seq) => (await reader.streams.getMessage(STREAM, { seq }))!));
    // An event comes once more as what it was, which everybody knows by its id; an answer is nothing that anybody reads.
    expect(stored.map(({ subject, header }) => [subject, header.get('ce-id')])).toEqual(expect.arrayContaining([[joined[0]!.subject, joined[0]!.eventId], ['evt.user.registered.3', '']]));
    const answer = stored.find(({ subject }) => subject === 'evt.user.registered.3')!;
    for (const declared of mela.events.values()) expect(() => unseal(declared, publishedIn({ subject: answer.subject, headers: answer.header, data: answer.data }))).toThrow(Poison);
    await server.close();
  });

  it('by sending a durable of theirs after everybody’s events', async () => {
    const jsm = await jetstreamManager(await ground.as('postcards'), { checkAPI: false });
    const wide = { durable_name: 'postcards_members', ack_policy: 'explicit' } as const;
    await expect(jsm.consumers.add(STREAM, wide)).rejects.toThrow(/Permissions Violation/);
    await expect(jsm.consumers.add(STREAM, { ...wide, filter_subject: 'evt.>' })).rejects.toThrow(/Permissions Violation/);
    await expect(jsm.consumers.add(STREAM, { ...wide, filter_subjects: ['evt.user.>', 'evt.member.>'] })).rejects.toThrow(/Permissions Violation/);
    // The subject that is allowed, with another filter inside.
    const sneaked = await (await ground.as('postcards')).request(
      `$JS.API.CONSUMER.CREATE.${STREAM}.postcards_members.evt.member.joined.*`,
      JSON.stringify({ stream_name: STREAM, config: { ...wide, filter_subject: 'evt.>' } }),
    );
    expect(sneaked.json()).toMatchObject({ error: { description: expect.stringContaining('did not match filtered subject') } });
  });
});

describe('what is its own', () => {
  it.each(Object.keys(maySay))('%s says, and the stream takes it', async (user) => {
    const own = events.filter(({ noun }) => maySay[user]!.includes(noun));
    const js = jetstream(await ground.as(user));
    for (const { noun, verb } of own) expect((await js.publish(`evt.${noun}.${verb}.0`, '{}')).stream).toBe(STREAM);
  });

  it('a gateway follows, whole and in part', async () => {
    const js = jetstream(await ground.as('realtime'));
    for (const filter_subjects of [undefined, 'evt.post.>']) {
      const consumer = await js.consumers.get(STREAM, { name_prefix: 'realtime_q7', ...(filter_subjects ? { filter_subjects } : {}) });
      expect((await consumer.info()).stream_name).toBe(STREAM);
      expect(await consumer.delete()).toBe(true);
    }
  });

  it('whoever is asked answers, and the asker alone hears it', async () => {
    const [identity, api] = [await ground.as('identity'), await ground.as('api')];
    const own = operationsOf(mela.services.get('identity')!).find(({ http }) => http !== undefined)!;
    const answering = identity.subscribe('svc.identity.>', { callback: (_fault, message) => void message.respond('yes') });
    await identity.flush();
    const heard = new Promise<string>((resolve) => api.subscribe('_INBOX_api.answer.q7', { callback: (_fault, message) => resolve(message.string()) }));
    expect(await ground.refusals('api', (nc) => nc.publish(own.subject, '{}', { reply: '_INBOX_api.answer.q7' }))).toEqual([]);
    expect(await heard).toBe('yes');
    answering.unsubscribe();
  });
});

describe('a stream that is gone', () => {
  it.each(['communities', 'operator'])('is made anew by %s, and a second time by nobody', async (user) => {
    await (await jetstreamManager(ground.master)).streams.delete(STREAM);
    expect(await ensureStream(await ground.as(user))).toBe(true);
    expect(await ensureStream(await ground.as('identity'))).toBe(false);
  });

  it('is missed by a gateway, which may not make one', async () => {
    await (await jetstreamManager(ground.master)).streams.delete(STREAM);
    const realtime = await ground.as('realtime');
    await expect(needStream(realtime)).rejects.toThrow('There is no stream MELA yet: `mela migrate` makes it');
    await expect(ensureStream(realtime)).rejects.toThrow(/Permissions Violation/);
    await ensureStream(ground.master);
    await needStream(realtime);
  });
});

it('whoever asks without the right to is told at once, and not when the time is over', async () => {
  const asker = new Asker({ nc: await ground.as('api'), mayAsk: 'anything', timeoutMs: 15_000 });
  const began = performance.now();
  expect(await asker.ask(communities.members, {})).toMatchObject({ status: 503, detail: 'The message bus does not let it be asked from here' });
  expect(performance.now() - began).toBeLessThan(5_000);
});
