import type { OpenPart, PartName } from '@mela/infra';
import type { Ground } from '../../ground/ground.ts';
import type { Fault } from '../fault.ts';

/** A start, with its recovery, on a machine that is busy with the rest of Mela. */
export const BOOT_MS = 20_000;

export const label: Readonly<Record<PartName, string>> = { postgres: 'PostgreSQL', nats: 'NATS', redis: 'Redis' };

/** Only a server that was started here may be harmed, and inside a container its pid is the container's client. */
export function outOfReach({ parts }: Ground, part: PartName): string | undefined {
  if (parts[part].pid === undefined) return `${label[part]} was not started by this run`;
  return parts[part].report.how === 'docker' ? `${label[part]} runs in a container` : undefined;
}

/** kill -9, and back when it is healed. */
export function killed(part: PartName, name: string, weight: number, downMs: readonly [least: number, most: number]): Fault {
  return {
    name: `${part} ${name}`,
    family: part,
    weight,
    longestMs: downMs[1] + BOOT_MS,
    impossible: (ground) => outOfReach(ground, part),
    strike: async ({ parts }, random) => {
      const holdMs = random.int(...downMs);
      await parts[part].crash();
      return { what: `kill -9 of ${label[part]}`, holdMs, heal: () => parts[part].restart() };
    },
  };
}

/** Told to end, waited for, and started again at once; tried again where it does not come back. */
export function restarted(part: PartName, weight: number): Fault {
  return {
    name: `${part} restarted`,
    family: part,
    weight,
    longestMs: 2 * BOOT_MS,
    impossible: (ground) => outOfReach(ground, part),
    strike: async ({ parts }) => ({ what: `a polite restart of ${label[part]}`, holdMs: 0, heal: () => parts[part].restart() }),
  };
}

/** SIGSTOP: its connections stay, and nobody answers on them. */
export function stopped(part: PartName, weight: number, forMs: readonly [least: number, most: number]): Fault {
  return {
    name: `${part} frozen`,
    family: part,
    weight,
    longestMs: forMs[1] + 1_000,
    impossible: (ground) => outOfReach(ground, part),
    strike: async ({ parts }, random) => {
      const { pid } = ownProcess(parts[part]);
      process.kill(pid, 'SIGSTOP');
      return { what: `SIGSTOP of ${label[part]}`, holdMs: random.int(...forMs), heal: async () => void process.kill(pid, 'SIGCONT') };
    },
  };
}

export function ownProcess({ pid }: OpenPart): { pid: number } {
  if (pid === undefined) throw new Error('The server was not started here');
  return { pid };
}
