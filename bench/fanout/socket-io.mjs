/** The peer that most people would take: Socket.IO with its Redis adapter, one room. */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { answers, facts } from '../contestant.mjs';
import { itself } from './itself.mjs';
import { SQUARE } from './sightings.mjs';

const { urls } = facts();
const publisher = new Redis(urls.redis);
const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, publisher.duplicate()), transports: ['websocket'], perMessageDeflate: false, serveClient: false });
io.on('connection', (socket) => void socket.join(SQUARE));
await new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(undefined)));

await answers({ ...itself, url: () => `ws://127.0.0.1:${/** @type {any} */ (http.address()).port}/socket.io/?EIO=4&transport=websocket` });
