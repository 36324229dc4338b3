import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPart, type OpenPart, type PartName } from '@mela/infra';
import { Mailbox, SmtpSandbox } from '@mela/sandbox';
import type { Ground } from '../../ground/ground.ts';
import { prepareSmallDisk } from '../../ground/small-disk.ts';
import { randomOf } from '../../seed.ts';
import type { Fault, Harm } from '../fault.ts';

/** One server of a spec's own that keeps what it promised, as a run has it; with no roles. */
export async function openPartGround(part: PartName, { smallDisk = false } = {}): Promise<{ ground: Ground; server: OpenPart; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'mela-chaos-'));
  const disk = smallDisk ? await prepareSmallDisk(folder, 32) : undefined;
  const server = await openPart(part, { dataDir: folder, env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } });
  const ground: Ground = {
    folder,
    disk,
    roles: [],
    parts: { [part]: server } as Ground['parts'],
    smtp: new SmtpSandbox(new Mailbox()),
    link: () => {
      throw new Error('There is no line here');
    },
  };
  const close = async () => {
    await server.stop();
    await disk?.release(false);
    await rm(folder, { recursive: true, force: true });
  };
  return { ground, server, close };
}

export const named = (faults: readonly Fault[], name: string): Fault => faults.find((fault) => fault.name === name)!;

export const strike = async (ground: Ground, fault: Fault, seed = 'spec'): Promise<Harm> => {
  const reason = await fault.impossible?.(ground);
  if (reason !== undefined) throw new Error(reason);
  return fault.strike(ground, randomOf(seed));
};
