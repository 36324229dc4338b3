/** Whoever is no gateway: says what happens to all three, grants the square, and gives out the keys to people's tokens. */
import { connectBus, ensureStream, header, OperationServer } from '@mela/bus';
import { AUDIENCE, ISSUER, TOKEN_TYPE } from '@mela/chassis';
import { id, identity } from '@mela/contracts';
import { Emitter } from '@socket.io/redis-emitter';
import { Redis } from 'ioredis';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { headers as newHeaders } from '@nats-io/transport-node';
import { answers, facts } from '../contestant.mjs';
import { sighting, SQUARE, town } from './sightings.mjs';

/** Ids of people and of their sessions. */
const [PEOPLE_FROM, SESSIONS_FROM] = [10_000, 50_000];

const { urls } = facts();
const nc = await connectBus({ url: urls.nats, name: 'town' });
await ensureStream(nc);
const emitter = new Emitter(new Redis(urls.redis));
const { privateKey, publicKey } = await generateKeyPair('Ed25519');
const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'Ed25519' }] };

const server = new OperationServer(nc, 'town');
const json = (/** @type {unknown} */ value) => ({ status: 200, headers: new Map([[header.status, '200']]), body: Buffer.from(JSON.stringify(value)) });
server.serve(identity.jwks.subject, async () => json(keys));
server.serve(town.hearing.subject, async (body) => {
  const { topic } = JSON.parse(Buffer.from(body).toString('utf8'));
  return json({ topic, scope: topic, since: '2001-01-01T00:00:00.000Z' });
});
await new Promise((resolve) => void server.listen(() => resolve(undefined)));
await nc.flush();

const say = {
  mela({ eventId, subject, headers, payload }) {
    const carried = newHeaders();
    for (const [name, value] of Object.entries({ 'Nats-Msg-Id': eventId, ...headers })) carried.set(name, value);
    nc.publish(subject, payload, { headers: carried });
  },
  bare({ headers, payload }) {
    const carried = newHeaders();
    for (const [name, value] of Object.entries(headers)) carried.set(name, value);
    nc.publish('bare', payload, { headers: carried });
  },
  'socket.io'({ eventId, payload }) {
    emitter.to(SQUARE).emit('ev', { id: eventId, d: JSON.parse(Buffer.from(payload).toString('utf8')) });
  },
};

/** @param {number} person */
function token(person) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sid: id(SESSIONS_FROM + person) })
    .setProtectedHeader({ alg: 'Ed25519', typ: TOKEN_TYPE, kid: 'one' })
    .setSubject(id(PEOPLE_FROM + person)).setIssuer(ISSUER).setAudience(AUDIENCE).setIssuedAt(now).setExpirationTime(now + 3_600)
    .sign(privateKey);
}

await answers({
  /** One for each of so many people. @param {{ people: number }} task */
  tokens: ({ people }) => Promise.all(Array.from({ length: people }, (_, n) => token(n))),
  /** All at once. Answers when it began. @param {{ to: keyof typeof say, events: number }} task */
  burst({ to, events }) {
    const ready = Array.from({ length: events }, sighting);
    const began = Number(process.hrtime.bigint());
    for (const one of ready) say[to](one);
    return began;
  },
  /** One after the other, so many a second. Answers when each left. @param {{ to: keyof typeof say, events: number, perSecond: number }} task */
  async trickle({ to, events, perSecond }) {
    /** @type {[string, number][]} */
    const left = [];
    const began = performance.now();
    for (let n = 0; n < events; n++) {
      const wait = began + (n * 1_000) / perSecond - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const one = sighting();
      left.push([one.eventId, Number(process.hrtime.bigint())]);
      say[to](one);
    }
    return left;
  },
});
