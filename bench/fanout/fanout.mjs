import { quantile, seeded } from '../figures.mjs';
import { bounded, compared, costs, judged } from '../results.mjs';
import { BUSY_AT_MOST, inTurns, withRoom } from './rounds.mjs';
import { inSetting } from './setting.mjs';

const GOAL = { burst: 3, cpu: 1.3, memoryKb: 12, latency: 2 };
const WHOLE = {
  people: 7_500,
  burst: { events: 400, sockets: 500 },
  steady: { events: 200, perSecond: 50, sockets: 500 },
  idle: { firstSockets: 2_500, sockets: 5_000 },
  commits: { events: 1_000, perSecond: 100, sockets: 50, warmUp: { events: 15_000, perSecond: 1_000, cores: undefined } },
};
/** Enough to see that everybody hears everything, and no figure. */
const SMALL = {
  people: 20,
  burst: { events: 40, sockets: 50 },
  steady: { events: 20, perSecond: 50, sockets: 50 },
  idle: { firstSockets: 100, sockets: 200 },
  commits: { events: 50, perSecond: 100, sockets: 10, warmUp: { events: 100, perSecond: 1_000, cores: undefined } },
};

/** The realtime gateway beside Socket.IO and beside a bare `ws` server: first with a core for whoever is measured, then with nobody pinned. @type {import('../results.mjs').Bench} */
export async function bench({ rounds, seed, only, small, tell }) {
  const random = seeded(seed);
  const size = small ? SMALL : WHOLE;
  /** @type {import('../results.mjs').Result[]} */
  const results = [];
  let measured = {};
  for (const { apart, stages } of [{ apart: true, stages: { burst, cpu, memory, latency } }, { apart: false, stages: { latency } }]) {
    const wanted = Object.entries(stages).filter(([name]) => !only || only.includes(name));
    if (wanted.length === 0) continue;
    await inSetting({ apart, people: size.people, tell }, async (setting) => {
      for (const [, stage] of wanted) {
        const rows = await stage({ ...setting, apart, rounds, random, tell, size });
        results.push(...rows.map((/** @type {import('../results.mjs').Result} */ row) => ({ ...row, pinned: setting.pinned })));
      }
      measured = await setting.describe();
    });
  }
  return { results, measured: { ...measured, rounds, seed } };
}

/** Deliveries a second, from the first event's leaving to the last one's arrival. @param {any} context */
async function burst(context) {
  const { crowd, town, servers, watched, size: { burst: size } } = context;
  const rates = await inTurns(context, ['mela', 'socket.io', 'bare'], (protocol) =>
    withRoom(context, protocol, size.sockets, async () => {
      await crowd.ask('expect', { events: size.events, cores: watched });
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

/** What a server could have done at most, had it never waited for anybody: its work takes the time it took. @param {import('./rounds.mjs').Taken} taken */
function unheld({ figures, worked }) {
  return figures.map((rate, round) => rate / Math.min(1, worked[round]));
}

/** Microseconds of CPU for one delivery, when events come one by one. @param {any} context */
async function cpu(context) {
  const { crowd, town, servers, watched, size: { steady: size } } = context;
  const used = await inTurns(context, ['mela', 'bare', 'socket.io'], (protocol) =>
    withRoom(context, protocol, size.sockets, async () => {
      await crowd.ask('expect', { events: size.events, cores: watched });
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

/**
 * From the commit (or, for the peer, from the publication) to the screens: the 99th percentile of all deliveries. The round that is thrown away has many more of them:
 * as long as the engine still compiles what runs, its compiler takes a core for milliseconds.
 * @param {any} context
 */
async function latency(context) {
  const { crowd, town, service, watched, apart, size: { commits: size } } = context;
  const { mela, bare } = await inTurns(context, ['mela', 'bare'], (protocol, round) =>
    withRoom(context, protocol, size.sockets, async () => {
      const { events, perSecond, cores } = round === 0 ? size.warmUp : { ...size, cores: watched };
      await crowd.ask('expect', { events, timed: true, cores });
      const left = new Map(await (protocol === 'mela' ? service : town).ask('trickle', { to: protocol, events, perSecond }));
      const { times, busy } = await crowd.ask('done');
      const all = times.flatMap(([id, moments]) => moments.map((/** @type {number} */ at) => (at - left.get(id)) / 1e6));
      return { figure: quantile(all, 0.99), busy };
    }), 'ms');
  const [name, goal] = apart ? ['fanout.commit-to-screen-p99-pinned', undefined] : ['fanout.commit-to-screen-p99', GOAL.latency];
  const row = costs(name, 'ms', mela.figures, { name: 'raw NATS and a bare ws server', costs: bare.figures, goal });
  return [judged(row, { ours: mela.busy, peer: bare.busy, most: BUSY_AT_MOST })];
}
