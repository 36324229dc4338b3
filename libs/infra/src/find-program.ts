import { settings } from './answers.ts';
import { MissingPart } from './faults.ts';
import { howToGet } from './how-to-get.ts';
import type { PartName } from './part.ts';
import type { Program, Search } from './programs/program.ts';
import { serverFor } from './servers/servers.ts';

/** The first place that has the program, or gets it. */
export async function findProgram(part: PartName, search: Search): Promise<{ program: Program; passedOver: string[] }> {
  const passedOver: string[] = [];
  const notThere: string[] = [];
  for (const source of serverFor(part).sources) {
    const sighting = await source(search);
    if (sighting.is !== 'obtainable') passedOver.push(...(sighting.passedOver ?? []));
    if (sighting.is === 'there') return { program: sighting.program, passedOver };
    if (sighting.is === 'absent') {
      if (sighting.why !== undefined) notThere.push(sighting.why);
      continue;
    }
    try {
      return { program: await sighting.obtain(), passedOver };
    } catch (fault) {
      const why = fault instanceof Error ? fault.message : String(fault);
      search.progress(`${settings[part].label}: ${why}`);
      passedOver.push(why);
    }
  }
  throw new MissingPart(part, `${settings[part].label} is missing. Looked for it in vain: ${[...passedOver, ...notThere].join('; ')}. ${howToGet(part)}`);
}
