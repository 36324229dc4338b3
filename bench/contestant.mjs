import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

/** A process of its own that does what it is asked, one thing at a time. */
export class Contestant {
  /** @param {URL} file @param {{ profile?: string | undefined, [fact: string]: unknown }} facts `profile`: the file for what its CPU did. */
  static async start(file, facts, flags = /** @type {string[]} */ ([])) {
    const child = fork(file, { execArgv: flags, env: { ...process.env, CONTESTANT: JSON.stringify(facts) } });
    const contestant = new Contestant(child);
    await contestant.next();
    return contestant;
  }

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
  }

  /** @param {string} task @param {object} [input] @returns {Promise<any>} */
  ask(task, input = {}) {
    const answer = this.next();
    this.child.send({ task, input });
    return answer;
  }

  end() {
    return new Promise((resolve) => {
      if (!this.child.connected) return resolve(undefined);
      this.child.once('exit', resolve);
      this.child.disconnect();
    });
  }

  next() {
    return new Promise((resolve, reject) => {
      const died = (/** @type {number | null} */ code) => reject(new Error(`${this.child.spawnfile} ended with ${code} before it answered`));
      this.child.once('exit', died);
      this.child.once('message', (/** @type {any} */ { answer, fault }) => {
        this.child.off('exit', died);
        if (fault) reject(new Error(fault));
        else resolve(answer);
      });
    });
  }
}

/** What the contestant was told at its start. */
export const facts = () => JSON.parse(process.env['CONTESTANT'] ?? '{}');

/** The other side: what a contestant can be asked. @param {Record<string, (input: any) => unknown>} tasks */
export async function answers(tasks) {
  const send = (/** @type {object} */ words) => process.send?.(words);
  const { profile, spans } = facts();
  const endSpans = await beginSpans(spans);
  const endProfile = await beginProfile(profile);
  process.on('disconnect', () => void Promise.all([endProfile(), endSpans()]).finally(() => process.exit()));
  process.on('message', async (/** @type {any} */ { task, input }) => {
    try {
      send({ answer: await tasks[task](input) });
    } catch (fault) {
      send({ fault: /** @type {Error} */ (fault).stack });
    }
  });
  send({ answer: 'ready' });
}

/** As a process of a development instance records them. @param {string | undefined} folder */
async function beginSpans(folder) {
  if (folder === undefined) return async () => undefined;
  const { createLog, openTraces } = await import('@mela/chassis');
  const traces = await openTraces({ MELA_ENV: 'development', TRACE_FOLDER: folder }, ['bench'], createLog('warn'));
  return () => traces.close();
}

/** From here on, so that loading the modules is not in it. @param {string | undefined} file */
async function beginProfile(file) {
  if (file === undefined) return async () => undefined;
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async () => writeFile(file, JSON.stringify((await session.post('Profiler.stop')).profile));
}
