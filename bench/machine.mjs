import { cpus, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 1_000;

/**
 * @typedef {object} Machine
 * @property {number} cores
 * @property {string} cpu
 * @property {number} memoryGb
 * @property {string} node
 * @property {number} othersUsed Percent of all cores that were busy in the second before anything was started.
 */

/** What the figures depend on. Says nothing of whose machine it is. @returns {Promise<Machine>} */
export async function machine() {
  const before = spent();
  await pause(LOOK_MS);
  const after = spent();
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() || 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    othersUsed: Math.round(100 * (1 - (after.idle - before.idle) / (after.total - before.total))),
  };
}

function spent() {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), total: sum(times.map((one) => sum(Object.values(one)))) };
}
