import { choosePort, portOwner } from '@mela/infra';
import type { Environment } from '@mela/chassis';
import { Fault } from '../fault.ts';

/** The ports that clients know by heart. */
export const publicPorts = { API_PORT: 8080, REALTIME_PORT: 8081, MAILBOX_PORT: 8025, OIDC_PORT: 8026 } as const;
type PortSetting = keyof typeof publicPorts;

export const defaultPorts: Environment = Object.fromEntries(Object.entries(publicPorts).map(([setting, port]) => [setting, String(port)]));

interface Wanted {
  /** What was set by a person: taken means stop. */
  chosen: Environment;
  /** What was merely noted by an earlier start: taken means the next free one. */
  suggested?: Environment;
  settings?: readonly string[] | undefined;
  tell: (line: string) => void;
}

/** A port for each setting. A default that is taken moves to the next free one, said aloud; a chosen one that is taken is a fault. */
export async function choosePorts({ chosen, suggested = {}, settings = Object.keys(publicPorts), tell }: Wanted): Promise<Record<string, string>> {
  const ports: Record<string, string> = {};
  const wanted = settings.filter((setting): setting is PortSetting => setting in publicPorts);
  // Chosen ones first: a default must not move onto a port that the other setting insists on.
  for (const setting of [...wanted].sort((a, b) => Number(chosen[a] === undefined) - Number(chosen[b] === undefined))) {
    const port = portOf(chosen[setting] ?? suggested[setting]) ?? publicPorts[setting];
    if (port === 0) {
      // Whoever takes any free port had better take it when it listens; where the API is has to be known before, since links in mails lead there.
      ports[setting] = setting === 'API_PORT' ? String((await choosePort({ setting, port, explicit: false })).port) : '0';
      continue;
    }
    const explicit = chosen[setting] !== undefined;
    const others = wanted.filter((other) => other !== setting);
    const same = others.find((other) => explicit && Number(chosen[other]) === port);
    if (same !== undefined) throw new Fault('settings.invalid', `${setting} and ${same} are both ${port}`, { hint: 'Each needs a port of its own.' });
    const avoid = explicit ? [] : others.map((other) => Number(ports[other] ?? publicPorts[other]));
    const { port: got, moved } = await choosePort({ setting, port, explicit, avoid });
    if (moved) tell(`Port ${port} is taken${by(await portOwner(port))}: ${setting} is ${got} this time`);
    ports[setting] = String(got);
  }
  return ports;
}

const by = (owner: string | undefined): string => (owner === undefined ? '' : ` by ${owner}`);

/** Anything else is told with all other faults of the settings. */
function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return text !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}
