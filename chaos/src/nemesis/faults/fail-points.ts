import type { FailPoint } from '@mela/bus';
import type { Ground } from '../../ground/ground.ts';
import type { Role } from '../../ground/role.ts';
import { nothing, type Fault, type Harm } from '../fault.ts';
import { durablesOn, onJetStream } from './jetstream.ts';
import { ended, following, pidOf, running } from './role-process.ts';

/** Where a process of Mela can be told to die, and how often it may have passed there before. */
const points = {
  'command.committed': 5,
  'transaction.committing': 10,
  'relay.publishing': 12,
  'relay.acknowledged': 12,
  'relay.moving': 8,
  'consumer.committing': 10,
  'consumer.committed': 15,
  'mail.sending': 5,
  'mail.accepted': 5,
} as const satisfies Partial<Record<FailPoint, number>>;

type Point = keyof typeof points;

/** They say no events of their own: the gateways keep nothing, and what notifications keeps is nobody's news. */
const silent: readonly string[] = ['api', 'realtime', 'notifications'];
/** Nobody asks the witness anything. */
const askedNothing: readonly string[] = [...silent, 'witness'];
const BOOTED_WITHIN_MS = 5_000;
const REACHED_WITHIN_MS = 15_000;

/** Between two steps that belong together: the process is gone after the first. */
const diesAt = (point: Point): Fault => ({
  name: `role dies at ${point}`,
  family: 'roles',
  weight: 1,
  longestMs: 2 * BOOTED_WITHIN_MS + REACHED_WITHIN_MS,
  strike: async (ground, random) => {
    const role = running(await passing(point, ground), random);
    const where = `${point}:${random.int(1, points[point])}`;
    const harm = (what: string): Harm => ({ role, what: `${role.name} ${what}`, holdMs: 0, heal: nothing });
    const miss = (what: string): Harm => ({ ...harm(what), missed: what });

    const before = pidOf(role);
    await role.restartWith({ MELA_FAIL_POINT: where });
    const doomed = await following(role, before, BOOTED_WITHIN_MS);
    if (doomed === undefined) return miss(`was killed and did not come back within ${BOOTED_WITHIN_MS / 1_000} s, so it was not seen dying at ${where}`);
    const began = performance.now();
    if (await ended(role, doomed, REACHED_WITHIN_MS)) return harm(`died at ${where} after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    // What waits there must not go off in the middle of another fault.
    role.kill();
    await ended(role, doomed, BOOTED_WITHIN_MS);
    return miss(`did not come to ${where} within ${REACHED_WITHIN_MS / 1_000} s and was killed`);
  },
});

/** Who comes by there. */
async function passing(point: Point, ground: Ground): Promise<readonly Role[]> {
  if (point.startsWith('consumer.')) return listeners(ground);
  if (point.startsWith('mail.')) return ground.roles.filter(({ name }) => name === 'notifications' || name === 'all');
  const idle = point === 'command.committed' ? askedNothing : silent;
  return ground.roles.filter(({ name }) => !idle.includes(name));
}

/** Whose durables the stream has: a durable's name begins with its service's. */
async function listeners({ roles, parts }: Ground): Promise<readonly Role[]> {
  const durables = await onJetStream(parts.nats, durablesOn);
  const listening = roles.filter(({ name }) => name === 'all' || durables.some((durable) => durable.startsWith(`${name}_`)));
  if (listening.length === 0) throw new Error('No role hears anything');
  return listening;
}

export const failPointFaults: readonly Fault[] = (Object.keys(points) as Point[]).map(diesAt);
