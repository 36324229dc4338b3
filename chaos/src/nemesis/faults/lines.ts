import type { PartName } from '@mela/infra';
import type { Random } from '@mela/testkit/chaos';
import type { Ground } from '../../ground/ground.ts';
import type { Link } from '../../ground/link.ts';
import type { Fault } from '../fault.ts';

/** Redis is asked least. */
const servers: readonly PartName[] = ['postgres', 'postgres', 'nats', 'nats', 'redis'];
/** A switch fails more seldom than a cable. */
const EVERYBODY = 0.3;

interface Trouble {
  readonly name: string;
  readonly weight: number;
  readonly ms: readonly [least: number, most: number];
  /** Answers what was done, where there is more to say than the name. */
  begin(links: readonly Link[], random: Random): string;
}

/** Only lines that carry something: not every role talks to every server. */
function chosen(ground: Ground, random: Random): { links: Link[]; where: string } {
  const carrying = (server: PartName) => ground.roles.filter((role) => ground.link(role, server).connections > 0);
  const inUse = servers.filter((server) => carrying(server).length > 0);
  if (inUse.length === 0) throw new Error('No line carries anything');
  const server = random.pick(inUse);
  const roles = random.chance(EVERYBODY) ? carrying(server) : [random.pick(carrying(server))];
  return { links: roles.map((role) => ground.link(role, server)), where: `${roles.map(({ name }) => name).join(', ')} – ${server}` };
}

const fault = ({ name, weight, ms, begin }: Trouble): Fault => ({
  name: `line ${name}`,
  family: 'lines',
  weight,
  longestMs: ms[1] + 1_000,
  strike: async (ground, random) => {
    const { links, where } = chosen(ground, random);
    const holdMs = random.int(...ms);
    return {
      what: `${where}: ${begin(links, random)}`,
      holdMs,
      heal: async () => {
        for (const link of links) link.heal();
      },
    };
  },
});

const each = (links: readonly Link[], harm: (link: Link) => void, said: string): string => {
  for (const link of links) harm(link);
  return said;
};

export const lineFaults: readonly Fault[] = [
  fault({ name: 'cut', weight: 2, ms: [0, 0], begin: (links) => each(links, (link) => link.cut(), 'reset') }),
  fault({ name: 'severed', weight: 2, ms: [1_000, 10_000], begin: (links) => each(links, (link) => link.sever(), 'severed') }),
  fault({
    name: 'slow',
    weight: 2,
    ms: [5_000, 15_000],
    begin: (links, random) => {
      const later = random.int(20, 400);
      return each(links, (link) => link.delay(later), `${later} ms slower each way`);
    },
  }),
  fault({ name: 'frozen', weight: 3, ms: [2_000, 20_000], begin: (links) => each(links, (link) => link.freeze(), 'half open') }),
];
