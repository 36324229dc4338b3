import { settings } from './answers.ts';
import { checkUrl, urlOf } from './from-url.ts';
import { howToGet } from './how-to-get.ts';
import { partNames, type How, type PartName, type PartsOptions } from './part.ts';
import { serverFor } from './servers/servers.ts';

/** What `mela doctor` shows of one part. */
export interface Finding {
  part: PartName;
  label: string;
  /** What a start would use; undefined when the part is missing. */
  use?: { how: How; version?: string; detail: string; /** A start would fetch it first. */ toFetch: boolean };
  /** What was looked for in vain, or found and does not serve, each with the reason. */
  passedOver: string[];
  /** What to install or set; present when the part is missing. */
  remedy?: string;
}

/** Looks at everything a start would look at. Starts, downloads and installs nothing. */
export function survey(options: Pick<PartsOptions, 'dataDir' | 'env'>): Promise<Finding[]> {
  return Promise.all(partNames.map((part) => surveyPart(part, options)));
}

async function surveyPart(part: PartName, { dataDir, env }: Pick<PartsOptions, 'dataDir' | 'env'>): Promise<Finding> {
  const { label } = settings[part];
  const passedOver: string[] = [];
  const url = urlOf(part, env);
  if (url !== undefined) {
    try {
      const { how, version, detail } = await checkUrl(part, url);
      return { part, label, use: { how, version, detail, toFetch: false }, passedOver };
    } catch (fault) {
      const why = fault instanceof Error ? fault.message : String(fault);
      return { part, label, passedOver: [why], remedy: `Correct ${settings[part].setting}, or unset it for a private instance.` };
    }
  }
  for (const source of serverFor(part).sources) {
    const sighting = await source({ env, dataDir, progress: () => undefined });
    if (sighting.is !== 'obtainable') passedOver.push(...(sighting.passedOver ?? []));
    if (sighting.is === 'absent' && sighting.why !== undefined) passedOver.push(sighting.why);
    if (sighting.is === 'there') {
      const { how, version, from } = sighting.program;
      return { part, label, use: { how, version, detail: `${label} ${version} from ${from}`, toFetch: false }, passedOver };
    }
    if (sighting.is === 'obtainable') return { part, label, use: { how: sighting.how, detail: `${label} would come from ${sighting.what}`, toFetch: true }, passedOver };
  }
  return { part, label, passedOver, remedy: howToGet(part) };
}
