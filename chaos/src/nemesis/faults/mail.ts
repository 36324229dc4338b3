import type { SmtpFault } from '@mela/sandbox';
import type { Random } from '@mela/testkit/chaos';
import type { Fault } from '../fault.ts';

interface Trouble {
  readonly name: string;
  readonly what: string;
  readonly ms: readonly [least: number, most: number];
  wrong(random: Random): SmtpFault;
}

/** So many that none is spared while it lasts. */
const ALL = Number.POSITIVE_INFINITY;

const away: Fault = {
  name: 'mail server away',
  family: 'mail',
  weight: 1,
  longestMs: 11_000,
  strike: async ({ smtp }, random) => {
    await smtp.close();
    return { what: 'nobody listens where mails are taken', holdMs: random.int(1_000, 10_000), heal: () => smtp.open() };
  },
};

const fault = ({ name, what, ms, wrong }: Trouble): Fault => ({
  name: `mail server ${name}`,
  family: 'mail',
  weight: 1,
  longestMs: ms[1] + 1_000,
  strike: async ({ smtp }, random) => {
    smtp.faults.plan(wrong(random), ALL);
    return { what, holdMs: random.int(...ms), heal: async () => smtp.faults.clear() };
  },
});

/** Nothing that is said for good: a mail that is refused so has failed, as it is to. */
export const mailFaults: readonly Fault[] = [
  away,
  fault({ name: 'busy', what: 'it says that it cannot take mails right now', ms: [1_000, 10_000], wrong: (random) => ({ kind: 'refuse', code: 451, at: random.pick(['recipient', 'data']) }) }),
  fault({ name: 'breaks off', what: 'it takes mails, and breaks off before it says so', ms: [500, 3_000], wrong: () => ({ kind: 'drop', taken: true }) }),
  fault({ name: 'forgets', what: 'it breaks off when all was told, and has taken nothing', ms: [500, 3_000], wrong: () => ({ kind: 'drop', taken: false }) }),
  fault({ name: 'slow', what: 'it answers seconds later', ms: [2_000, 10_000], wrong: (random) => ({ kind: 'slow', ms: random.int(500, 7_000) }) }),
];
