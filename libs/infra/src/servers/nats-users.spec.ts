import { connect } from '@nats-io/transport-node';
import { expect, it, onTestFinished, vi } from 'vitest';
import { bareEnv, dataFolder } from '../../spec/ground.ts';
import { natsAccess, openPart } from '../index.ts';
import { natsAuthorization, type NatsUser } from './nats-users.ts';

const reader: NatsUser = { name: 'reader', publish: { allow: ['$order.>'], deny: ['$order.burn'] }, subscribe: { allow: ['_INBOX_reader.>', 'book.*'] } };

it('is written for the server with whatever stands for the password', () => {
  expect(natsAuthorization([reader], (user) => `$${user.toUpperCase()}_PASSWORD`).replaceAll(/\s+/g, ' ')).toBe(
    'authorization { users: [ { user: "reader" password: $READER_PASSWORD permissions { publish { allow: [ "$order.>" ] deny: [ "$order.burn" ] } subscribe { allow: [ "_INBOX_reader.>" "book.*" ] } } } ] }',
  );
});

it('may not be a user who is allowed nothing: to the server that is everything', () => {
  expect(() => natsAuthorization([{ ...reader, subscribe: { allow: [] } }], () => '"x"')).toThrow('reader of the bus would be allowed everything');
});

it('may do on a private server what they are listed with, and nothing else, also after a restart', async () => {
  const nats = await openPart('nats', { dataDir: await dataFolder(), env: bareEnv, throwaway: true, natsUsers: [reader] });
  onTestFinished(() => nats.stop());
  const servers = natsAccess(nats.url).servers;
  await expect(connect({ servers, user: 'reader', pass: 'a guess' })).rejects.toThrow(/authorization/i);
  await nats.restart();
  const nc = await connect({ servers, user: 'reader', pass: nats.passwords['reader']! });
  onTestFinished(() => nc.close());
  const refused: string[] = [];
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') refused.push(status.error.message);
  })();

  const master = await connect(natsAccess(nats.url));
  onTestFinished(() => master.close());
  const heard: string[] = [];
  master.subscribe('>', { callback: (_fault, message) => void heard.push(message.subject) });
  await master.flush();
  for (const subject of ['$order.one', '$order.burn', 'book.one']) nc.publish(subject);
  nc.subscribe('book.*');
  nc.subscribe('>', { callback: () => undefined });
  await nc.flush();
  await vi.waitFor(() => expect(refused).toHaveLength(3));
  expect(refused.map((line) => /"([^"]+)"/.exec(line)?.[1])).toEqual(['$order.burn', 'book.one', '>']);
  await master.flush();
  expect(heard).toEqual(['$order.one']);
});
