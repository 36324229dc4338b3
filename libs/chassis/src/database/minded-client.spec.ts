import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dataSource } from './data-source.ts';
import { MindedClient } from './minded-client.ts';

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.from(`${type}....`);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const welcome = Buffer.concat([message('R', Buffer.from([0, 0, 0, 0])), message('Z', Buffer.from('I'))]);
const farewell = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'));

/** A server that dies while it says welcome: both arrive at once. */
let dying: Server;
let url: string;
beforeEach(async () => {
  dying = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([welcome, farewell])));
  });
  await new Promise<void>((resolve) => void dying.listen(0, '127.0.0.1', resolve));
  url = `postgres://mela@127.0.0.1:${(dying.address() as AddressInfo).port}/mela`;
});
afterEach(() => new Promise((resolve) => dying.close(resolve)));

it('a connection that ends as it begins is a fault of what is asked on it, and not of the process', async () => {
  const client = new MindedClient({ connectionString: url });
  await client.connect();
  await expect(client.query('SELECT 1')).rejects.toThrow();
});

it('the pool of a service outlives it, too', async () => {
  const source = dataSource({ service: 'notes', url, connections: 2, entities: [] });
  await expect(source.initialize()).rejects.toThrow();
});
