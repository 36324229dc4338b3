import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { settings } from './answers.ts';
import { PartFault } from './faults.ts';
import type { Guard, Guarded } from './guardian/guard.ts';
import type { PartsOptions } from './part.ts';
import { anyFreePort, isFree } from './ports.ts';
import { isRunning, readIdentity } from './processes/process-identity.ts';
import { runProgram } from './processes/run-program.ts';
import { stopProcess } from './processes/stop-process.ts';
import { killContainer } from './programs/docker.ts';
import { farewellOf, launchOf } from './servers/launch.ts';
import { openServerLog } from './servers/server-log.ts';
import type { Boot } from './servers/server.ts';
import { serverFor } from './servers/servers.ts';

const patience = 15_000;
const bootDeadline = 60_000;
const attempts = 20;
const revivals = { most: 3, withinMs: 60_000 };

type Standing = Pick<Boot, 'folder' | 'program' | 'env' | 'throwaway' | 'natsUsers'>;
type Tell = Required<Pick<PartsOptions, 'progress' | 'lost'>>;

/** One server of our own: it keeps its port and its data through crashes and restarts, and is started again when it ends by itself. */
export class PrivateServer {
  port = 0;
  private running: Guarded | undefined;
  /** Somebody told it to end. */
  private leaving = false;
  /** When it ended by itself of late. */
  private falls: number[] = [];
  private reviving: Promise<void> = Promise.resolve();
  private readonly standing: Standing;
  private readonly guard: Guard;
  private readonly tell: Tell;

  private constructor(standing: Standing, guard: Guard, tell: Tell) {
    this.standing = standing;
    this.guard = guard;
    this.tell = tell;
  }

  static async start(standing: Standing, guard: Guard, tell: Tell): Promise<PrivateServer> {
    const server = new PrivateServer(standing, guard, tell);
    await server.stopLeftover();
    await server.bootPatiently(() => freePort(standing.folder.remembered.port));
    return server;
  }

  get url(): string {
    const { part, remembered } = this.standing.folder;
    return serverFor(part).url(this.port, remembered.password);
  }

  get pid(): number {
    if (this.running === undefined) throw new Error('The server has not been started');
    return this.running.identity.pid;
  }

  async stop(): Promise<void> {
    await this.leave((running) => running.stop(patience));
  }

  async crash(): Promise<void> {
    await this.leave((running) => running.kill());
  }

  async restart(): Promise<void> {
    await this.stop();
    this.leaving = false;
    await this.bootPatiently(async () => this.port);
  }

  /** A server that an earlier process started here and that outlived it: provably ours, by its pid and its beginning. */
  private async stopLeftover(): Promise<void> {
    const { folder, program } = this.standing;
    const leftover = readIdentity(folder.identityFile);
    if (leftover !== undefined && isRunning(leftover)) await stopProcess(leftover, farewellOf(program, folder), patience);
    // A container outlives the client that ran it.
    const [engine, ...removal] = program.image === undefined ? [] : killContainer(program, folder);
    if (engine !== undefined) await runProgram(engine, removal);
    await rm(folder.identityFile, { force: true });
  }

  /** Another process may take the port between our choice and the server's start; orphans of a crash need a moment to go. */
  private async bootPatiently(choose: () => Promise<number>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.port = await choose();
      try {
        return await this.boot();
      } catch (fault) {
        if (attempt === attempts || !(fault instanceof PartFault) || !/address already in use|is still in use/i.test(fault.message)) throw fault;
        await pause(100);
      }
    }
  }

  private async boot(): Promise<void> {
    const { folder, program } = this.standing;
    const server = serverFor(folder.part);
    const base = { ...this.standing, port: this.port, host: program.image === undefined ? '127.0.0.1' : '0.0.0.0' };
    const boot: Boot = { ...base, runAs: await server.runAs?.(base) };
    await server.prepare(boot);
    const log = await openServerLog(folder.logFile);
    const running = await this.guard.launch(await launchOf(boot));
    await this.untilItAnswers(running, log.since);
    this.running = running;
    void running.ended.then((how) => {
      if (!this.leaving) this.reviving = this.revive(how);
    });
  }

  /** It ended by itself, and comes back where it was; one that does nothing but end is given up. */
  private async revive(how: string): Promise<void> {
    const { part, logFile } = this.standing.folder;
    const { label } = settings[part];
    for (let why = how; !this.leaving; ) {
      if (this.guard.isLost) return this.tell.lost(new PartFault(part, `The guardian of the servers died, and ${label} cannot go on without it`));
      this.falls = [...this.falls.filter((at) => at > Date.now() - revivals.withinMs), Date.now()];
      if (this.falls.length > revivals.most) return this.tell.lost(new PartFault(part, `${label} ended by itself ${this.falls.length} times within a minute (${why}) and is given up; its log is ${logFile}`));
      this.tell.progress(`${label} ended by itself (${why}): starting it again; its log is ${logFile}`);
      try {
        await this.stopLeftover();
        await this.bootPatiently(async () => this.port);
        return this.tell.progress(`${label} is back on port ${this.port}`);
      } catch (fault) {
        why = fault instanceof Error ? fault.message : String(fault);
      }
    }
  }

  private async untilItAnswers(running: Guarded, log: () => Promise<string>): Promise<void> {
    const { part, logFile } = this.standing.folder;
    const { label } = settings[part];
    let ended: string | undefined;
    void running.ended.then((how) => (ended = how));
    const deadline = Date.now() + bootDeadline;
    for (;;) {
      const silence = await serverFor(part).answers(this.url, 5000).then(() => undefined, (fault: Error) => fault);
      if (ended !== undefined) throw new PartFault(part, `${label} did not start (${ended}):\n${await log()}`);
      if (silence === undefined) return;
      if (Date.now() > deadline) {
        await running.kill();
        throw new PartFault(part, `${label} did not answer within ${bootDeadline / 1000} s (${silence.message}). Its log is ${logFile}`);
      }
      await pause(20);
    }
  }

  private async leave(end: (running: Guarded) => Promise<void>): Promise<void> {
    if (this.running === undefined) return;
    this.leaving = true;
    await this.reviving;
    await end(this.running);
  }
}

/** The one of last time where it is free: bookmarks and open consoles keep working. */
async function freePort(remembered: number | undefined): Promise<number> {
  return remembered !== undefined && (await isFree(remembered)) ? remembered : anyFreePort();
}
