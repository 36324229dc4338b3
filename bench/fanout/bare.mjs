/** As little as the library lets one do: a `ws` server that sends what comes on a NATS subject to everybody, its bytes made once. */
import { connectBus } from '@mela/bus';
import { WebSocketServer } from 'ws';
import { answers, facts } from '../contestant.mjs';
import { itself } from './itself.mjs';

const { urls } = facts();
const nc = await connectBus({ url: urls.nats, name: 'bare' });
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => void socket.on('message', () => socket.send('{"t":"live"}')));
nc.subscribe('bare', {
  callback: (_fault, message) => {
    const text = Buffer.from(JSON.stringify({ t: 'ev', id: message.headers?.get('ce-id'), d: JSON.parse(Buffer.from(message.data).toString('utf8')) }));
    for (const client of server.clients) client.send(text, { binary: false });
  },
});
await new Promise((resolve) => void server.once('listening', resolve));

await answers({ ...itself, url: () => `ws://127.0.0.1:${/** @type {any} */ (server.address()).port}/` });
