import { durableName, eventSubject } from '@mela/bus';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Contestant } from '../contestant.mjs';
import { seeded } from '../figures.mjs';
import { compared } from '../results.mjs';
import { expectCount, Ground } from './ground.mjs';
import { ParcelMoved } from './parcels.mjs';
import { takeTurns } from './turns.mjs';

const RELAY_GOAL = 0.7;
const CONSUMER_GOAL = 0.4;
const IN_FLIGHT = [256, 1_024, 4_096];
const UNIT = 'events/s';
const AS = { ours: 'parcels.parcel-moved', plain: 'parcels.one-by-one', raw: 'raw' };

/** Relay and consumers beside raw JetStream: the same events, the same servers, each in a process of its own. @type {import('../results.mjs').Bench} */
export async function bench({ events, rounds, seed, profile, spans, only, tell }) {
  const random = seeded(seed);
  const ground = await Ground.open();
  /** @type {Contestant[]} */
  const contestants = [];
  const contestant = async (/** @type {string} */ name, facts = {}, called = name) => {
    const file = profile && join(profile, `${called}.cpuprofile`);
    const started = await Contestant.start(new URL(`./${name}.mjs`, import.meta.url), { urls: ground.urls, events, seed, profile: file, spans, ...facts });
    contestants.push(started);
    return started;
  };
  try {
    if (profile) await mkdir(profile, { recursive: true });
    tell(`${events} events, ${rounds} rounds, seed ${seed}`);
    const [relay, writer, publisher] = await Promise.all(['relay', 'writer', 'publish'].map((name) => contestant(name)));
    const [consumer, plain, taker] = await Promise.all([
      contestant('consumer', { as: AS.ours }),
      contestant('consumer', { as: AS.plain, plain: true }, 'consumer-plain'),
      contestant('consume', { as: AS.raw, filter: eventSubject(ParcelMoved, '*') }),
    ]);
    const context = { ground, events, rounds, random, tell };
    const stages = {
      relay: () => relayBesideRaw({ ...context, relay, writer, publisher }),
      consumer: () => consumerBesideRaw({ ...context, publisher, consumer, plain, taker }),
      'end-to-end': () => endToEnd({ ...context, writer, relay, consumer }),
    };
    const results = [];
    for (const [name, stage] of Object.entries(stages)) if (!only || only.includes(name)) results.push(...(await stage()));
    return { results, measured: { ...(await ground.describe()), events, rounds, seed } };
  } finally {
    await Promise.all(contestants.map((one) => one.end()));
    await ground.close();
  }
}

/** @param {any} context */
async function relayBesideRaw({ ground, events, rounds, random, tell, relay, writer, publisher }) {
  const best = { client: await bestInFlight('client'), leanest: await bestInFlight('leanest') };
  tell(`In flight, as is best for each: ${best.client} (js.publish), ${best.leanest} (leanest)`);
  const rates = await takeTurns({ relay: drained, client: () => published('client', best.client), leanest: () => published('leanest', best.leanest) }, { rounds, random, tell });
  return [
    compared('spine.relay', UNIT, rates.relay, { name: `js.publish, ${best.client} in flight`, rates: rates.client, goal: RELAY_GOAL }),
    compared('spine.relay-and-leanest', UNIT, rates.relay, { name: `nc.publish, acknowledgements only counted, ${best.leanest} in flight`, rates: rates.leanest }),
  ];

  /** From the commit of all of them to the move of the last. */
  async function drained() {
    await ground.emptyTables();
    await ground.emptyStream();
    await writer.ask('prepare');
    await relay.ask('start');
    const began = performance.now();
    const done = relay.ask('drain');
    await writer.ask('commit');
    await done;
    const seconds = (performance.now() - began) / 1_000;
    await relay.ask('stop');
    expectCount('Events in the stream', await ground.stored(), events);
    expectCount('Events left in the outbox', await ground.count('*', 'outbox'), 0);
    expectCount('Events kept as sent', await ground.count('DISTINCT event_id', 'outbox_sent'), events);
    return events / seconds;
  }

  async function published(/** @type {string} */ way, /** @type {number} */ inFlight) {
    await ground.emptyStream();
    const rate = await publisher.ask(way, { inFlight });
    expectCount('Events in the stream', await ground.stored(), events);
    return rate;
  }

  /** Measured when it is warm. */
  async function bestInFlight(/** @type {string} */ way) {
    await published(way, IN_FLIGHT[0]);
    let best = { inFlight: 0, rate: 0 };
    for (const inFlight of IN_FLIGHT) {
      const rate = await published(way, inFlight);
      tell(`${way}, ${inFlight} in flight: ${Math.round(rate).toLocaleString('en-GB')} ${UNIT}`);
      if (rate > best.rate) best = { inFlight, rate };
    }
    return best.inFlight;
  }
}

/** @param {any} context */
async function consumerBesideRaw({ ground, events, rounds, random, tell, publisher, consumer, plain, taker }) {
  await ground.emptyStream();
  await publisher.ask('leanest', { inFlight: IN_FLIGHT[0] });
  expectCount('Events in the stream', await ground.stored(), events);
  const rates = await takeTurns({ consumer: () => worked(consumer, AS.ours), plain: () => worked(plain, AS.plain), client: () => taken('client'), leanest: () => taken('leanest') }, { rounds, random, tell });
  return [
    compared('spine.consumer', UNIT, rates.consumer, { name: 'consume() with for await and ack()', rates: rates.client, goal: CONSUMER_GOAL }),
    compared('spine.consumer-and-leanest', UNIT, rates.consumer, { name: 'consume() with a callback and ack()', rates: rates.leanest }),
    compared('spine.consumer-plain', UNIT, rates.plain, { name: 'consume() with for await and ack()', rates: rates.client }),
  ];

  async function worked(/** @type {Contestant} */ contestant, /** @type {string} */ as) {
    await ground.emptyTables();
    await ground.forgetDurable(durableName(as));
    const rate = await contestant.ask('work');
    await contestant.ask('stop');
    expectCount('Events left to our durable', await ground.leftOf(durableName(as)), 0);
    await expectEffects(ground, events);
    return rate;
  }

  async function taken(/** @type {string} */ way) {
    await ground.forgetDurable(AS.raw);
    const rate = await taker.ask(way);
    expectCount('Events left to the raw durable', await ground.leftOf(AS.raw), 0);
    return rate;
  }
}

/** @param {any} context */
async function endToEnd({ ground, events, rounds, random, tell, writer, relay, consumer }) {
  const { all } = await takeTurns({ all: followed }, { rounds, random, tell });
  return [compared('spine.end-to-end', UNIT, all)];

  /** From the first transaction of the writer to the last effect of the consumer. */
  async function followed() {
    await ground.emptyTables();
    await ground.emptyStream();
    await relay.ask('start');
    await consumer.ask('start');
    const began = performance.now();
    const done = consumer.ask('applied');
    await writer.ask('trickle');
    await done;
    const seconds = (performance.now() - began) / 1_000;
    await Promise.all([relay.ask('stop'), consumer.ask('stop')]);
    expectCount('Events in the stream', await ground.stored(), events);
    await expectEffects(ground, events);
    return events / seconds;
  }
}

/** @param {Ground} ground @param {number} events */
async function expectEffects(ground, events) {
  expectCount('Effects', await ground.count('*', 'effect'), events);
  expectCount('Events with an effect', await ground.count('DISTINCT event_id', 'effect'), events);
}
