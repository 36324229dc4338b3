import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPart } from '@mela/infra';
import { Contestant } from '../contestant.mjs';
import { pin } from '../cores.mjs';
import { quantile, seeded, shuffled } from '../figures.mjs';
import { bounded, compared, costs, judged } from '../results.mjs';
import { Ground } from '../spine/ground.mjs';

const GOAL = { burst: 3, cpu: 1.3, memoryKb: 12, latency: 2 };
const WHOLE = {
  burst: { events: 400, sockets: 500 },
  steady: { events: 200, perSecond: 50, sockets: 500 },
  idle: { firstSockets: 2_500, sockets: 5_000 },
  commits: { events: 1_000, perSecond: 100, sockets: 50 },
};
/** Enough to see that everybody hears everything, and no figure. */
const SMALL = {
  burst: { events: 40, sockets: 50 },
  steady: { events: 20, perSecond: 50, sockets: 50 },
  idle: { firstSockets: 100, sockets: 200 },
  commits: { events: 50, perSecond: 100, sockets: 10 },
};
/** @type {Record<'mela' | 'socket.io' | 'bare', string>} */
const SERVERS = { mela: 'gateway', 'socket.io': 'socket-io', bare: 'bare' };
const GATEWAY_CORE = 0;
const OTHERS_CORE = 1;
/** Broker, publishers and crowd that cannot keep up measure themselves. */
const BUSY_AT_MOST = 80;
const TRIES = 3;

/** The realtime gateway beside Socket.IO and beside a bare `ws` server: one core for whoever is measured, the other for all the rest. @type {import('../results.mjs').Bench} */
export async function bench({ rounds, seed, only, small, tell }) {
  const random = seeded(seed);
  const pinned = await pin(process.pid, OTHERS_CORE);
  const ground = await Ground.open();
  const dataDir = await mkdtemp(join(tmpdir(), 'mela-bench-'));
  const redis = await openPart('redis', { dataDir, env: process.env });
  const urls = { ...ground.urls, redis: redis.url };
  /** @type {Contestant[]} */
  const started = [];
  const start = async (/** @type {string} */ name, /** @type {string[]} */ flags = []) => {
    const one = await Contestant.start(new URL(`./${name}.mjs`, import.meta.url), { urls }, flags);
    started.push(one);
    return one;
  };
  try {
    tell(pinned ? `The gateway has core ${GATEWAY_CORE}, everything else core ${OTHERS_CORE}` : 'Nobody could be pinned to a core: read the ratios with care');
    const town = await start('town');
    const [crowd, service] = [await start('crowd'), await start('service')];
    const serve = async (/** @type {keyof typeof SERVERS} */ protocol) => {
      const server = await start(SERVERS[protocol], ['--expose-gc']);
      await pin(server.child.pid, GATEWAY_CORE);
      return server;
    };
    const servers = { mela: await serve('mela'), 'socket.io': await serve('socket.io'), bare: await serve('bare') };
    const token = await town.ask('token');
    const join = async (/** @type {keyof typeof SERVERS} */ protocol, /** @type {number} */ count, server = servers[protocol]) =>
      crowd.ask('join', { url: await server.ask('url'), protocol, token, count });
    const context = { crowd, town, service, servers, serve, join, rounds, random, tell, watched: pinned ? OTHERS_CORE : undefined, size: small ? SMALL : WHOLE };

    const stages = { burst, cpu, memory, latency };
    const results = [];
    for (const [name, stage] of Object.entries(stages)) if (!only || only.includes(name)) results.push(...(await stage(context)));
    return { results, measured: { ...(await ground.describe()), redis: redis.report.version, pinned, rounds, seed } };
  } finally {
    await Promise.all(started.map((one) => one.end()));
    await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
    await ground.close();
  }
}

/** Deliveries a second, from the first event's leaving to the last one's arrival. @param {any} context */
async function burst(context) {
  const { crowd, town, servers, watched, size: { burst: size } } = context;
  const rates = await inTurns(context, ['mela', 'socket.io', 'bare'], (protocol) =>
    withRoom(context, protocol, size.sockets, async () => {
      await crowd.ask('expect', { events: size.events, core: watched });
      const before = await servers[protocol].ask('cpu');
      const began = await town.ask('burst', { to: protocol, events: size.events });
      const { at, busy } = await crowd.ask('done');
      const [seconds, worked] = [(at - began) / 1e9, ((await servers[protocol].ask('cpu')) - before) / 1e6];
      return { figure: (size.events * size.sockets) / seconds, busy, worked: worked / seconds };
    }), 'deliveries/s');
  const { mela, 'socket.io': io, bare } = rates;
  return [
    judged(compared('fanout.burst', 'deliveries/s', mela.figures, { name: 'Socket.IO with its Redis adapter', rates: io.figures, goal: GOAL.burst }), { ours: mela.busy, peer: io.busy, most: BUSY_AT_MOST, peerUnheld: unheld(io) }),
    judged(compared('fanout.burst-and-bare', 'deliveries/s', mela.figures, { name: 'a bare ws server behind NATS', rates: bare.figures }), { ours: mela.busy, peer: bare.busy, most: BUSY_AT_MOST }),
  ];
}

/** What a server could have done at most, had it never waited for anybody: its work takes the time it took. @param {Taken} taken */
function unheld({ figures, worked }) {
  return figures.map((rate, round) => rate / Math.min(1, worked[round]));
}

/** Microseconds of CPU for one delivery, when events come one by one. @param {any} context */
async function cpu(context) {
  const { crowd, town, servers, watched, size: { steady: size } } = context;
  const used = await inTurns(context, ['mela', 'bare', 'socket.io'], (protocol) =>
    withRoom(context, protocol, size.sockets, async () => {
      await crowd.ask('expect', { events: size.events, core: watched });
      const before = await servers[protocol].ask('cpu');
      await town.ask('trickle', { to: protocol, ...size });
      const { busy } = await crowd.ask('done');
      return { figure: ((await servers[protocol].ask('cpu')) - before) / (size.events * size.sockets), busy };
    }), 'µs');
  const { mela, 'socket.io': io, bare } = used;
  // What waits for a slow reader may be written together, which is cheaper, or tried again, which is not.
  const either = { most: BUSY_AT_MOST, looks: /** @type {const} */ ('different') };
  return [
    judged(costs('fanout.cpu-per-delivery', 'µs', mela.figures, { name: 'a bare ws server behind NATS', costs: bare.figures, goal: GOAL.cpu }), { ours: mela.busy, peer: bare.busy, ...either }),
    judged(costs('fanout.cpu-per-delivery-and-socket-io', 'µs', mela.figures, { name: 'Socket.IO with its Redis adapter', costs: io.figures }), { ours: mela.busy, peer: io.busy, ...either }),
  ];
}

/** What an idle connection holds: admitted, and subscribed to one topic beside its own. A server that had a crowd before keeps room for it, so each is new; and the room that anything at all needs is made by the first crowd. @param {any} context */
async function memory(context) {
  const { crowd, serve, join, size: { idle: size } } = context;
  const held = await inTurns(context, ['mela', 'bare'], async (protocol) => {
    const server = await serve(protocol);
    try {
      await join(protocol, size.firstSockets, server);
      const before = await server.ask('memory');
      await join(protocol, size.sockets, server);
      return { figure: ((await server.ask('memory')) - before) / size.sockets / 1_024 };
    } finally {
      await crowd.ask('leave');
      await server.end();
    }
  }, 'kB');
  return [bounded('fanout.memory-per-idle-connection', 'kB', held.mela.figures, { name: 'a bare ws server behind NATS', costs: held.bare.figures, most: GOAL.memoryKb })];
}

/** From the commit (or, for the peer, from the publication) to the screens: the 99th percentile of all deliveries. @param {any} context */
async function latency(context) {
  const { crowd, town, service, watched, size: { commits: size } } = context;
  const { mela, bare } = await inTurns(context, ['mela', 'bare'], (protocol) =>
    withRoom(context, protocol, size.sockets, async () => {
      await crowd.ask('expect', { events: size.events, timed: true, core: watched });
      const left = new Map(await (protocol === 'mela' ? service : town).ask('trickle', { to: protocol, ...size }));
      const { times, busy } = await crowd.ask('done');
      const all = times.flatMap(([id, moments]) => moments.map((/** @type {number} */ at) => (at - left.get(id)) / 1e6));
      return { figure: quantile(all, 0.99), busy };
    }), 'ms');
  const row = costs('fanout.commit-to-screen-p99', 'ms', mela.figures, { name: 'raw NATS and a bare ws server', costs: bare.figures, goal: GOAL.latency });
  return [judged(row, { ours: mela.busy, peer: bare.busy, most: BUSY_AT_MOST })];
}

/**
 * With so many sockets; taken again while the others' core leaves no room, a few times. `busy` is that core's, in percent, where it was watched;
 * `worked` is the part of the time in which the server used its own.
 * @typedef {{ figure: number, busy?: number, worked?: number }} Turn
 * @typedef {{ figures: number[], busy: number[], worked: number[] }} Taken By round.
 * @param {any} context @param {keyof typeof SERVERS} protocol @param {number} sockets @param {() => Promise<Turn>} measure @returns {Promise<Turn>}
 */
async function withRoom({ crowd, join, tell }, protocol, sockets, measure) {
  await join(protocol, sockets);
  try {
    for (let attempt = 1; ; attempt++) {
      const turn = await measure();
      const isHeldUp = turn.busy !== undefined && turn.busy > BUSY_AT_MOST;
      if (isHeldUp && attempt < TRIES) continue;
      if (isHeldUp) tell(`${protocol}: the others used ${turn.busy} % of their core: this figure may be theirs`);
      return turn;
    }
  } finally {
    await crowd.ask('leave');
  }
}

/**
 * @template {string} Name
 * @param {any} context @param {readonly Name[]} names @param {(name: Name) => Promise<Turn>} turn @param {string} unit
 * @returns {Promise<Record<Name, Taken>>}
 */
async function inTurns({ rounds, random, tell }, names, turn, unit) {
  const taken = /** @type {Record<Name, Taken>} */ (Object.fromEntries(names.map((name) => [name, { figures: [], busy: [], worked: [] }])));
  for (let round = 0; round <= rounds; round++) {
    /** @type {string[]} */
    const told = [];
    for (const name of shuffled(names, random)) {
      const { figure, busy, worked } = await turn(name);
      told.push(`${name} ${figure >= 1_000 ? Math.round(figure).toLocaleString('en-GB') : figure.toFixed(2)}`);
      if (round === 0) continue;
      taken[name].figures.push(figure);
      if (busy !== undefined) taken[name].busy.push(busy);
      if (worked !== undefined) taken[name].worked.push(worked);
    }
    tell(`${round === 0 ? 'Warm-up' : `Round ${round}`}: ${told.join(', ')} ${unit}`);
  }
  return taken;
}
