import { handlingsOf, hearingOf } from '@mela/bus';
import { KEEPS_PERSONAL_DATA, operationsOf, SERVICE, type Catalogue, type EventType, type Operation } from '@mela/contracts';
import type { Manifest } from './manifest.ts';

/** Everything in which a manifest and the contracts disagree. */
export function faultsOf(manifest: Manifest, catalogue: Pick<Catalogue, 'events'>): string[] {
  const name = manifest.hosts[SERVICE];
  return [...handlerFaults(name, manifest), ...hearingFaults(name, manifest, catalogue), ...personalDataFaults(name, manifest), ...accessFaults(name, manifest)];
}

function handlerFaults(name: string, manifest: Manifest): string[] {
  const hosted = operationsOf(manifest.hosts);
  const handled = manifest.apis.flatMap((api) => handlingsOf(api).map(({ operation, method }) => ({ operation, at: `${api.name}.${method}` })));
  const placesOf = (operation: Operation) => handled.filter((handling) => handling.operation.id === operation.id).map(({ at }) => at);
  return [
    ...manifest.apis.filter((api) => handlingsOf(api).length === 0).map((api) => `${name}: ${api.name} is listed as an api and handles nothing`),
    ...hosted.filter((operation) => placesOf(operation).length === 0).map((operation) => `${name}: nobody handles ${operation.id}`),
    ...hosted
      .filter((operation) => placesOf(operation).length > 1)
      .map((operation) => `${name}: ${operation.id} is handled twice, by ${placesOf(operation).join(' and ')}`),
    ...handled
      .filter(({ operation }) => !hosted.some((own) => own.id === operation.id))
      .map(({ operation, at }) => `${name}: ${at} handles ${operation.id}, which belongs to ${operation.service}`),
  ];
}

function hearingFaults(name: string, manifest: Manifest, catalogue: Pick<Catalogue, 'events'>): string[] {
  const faults: string[] = [];
  const taken = new Map<string, string>();
  for (const reaction of manifest.reactions ?? []) {
    const hearing = hearingOf(reaction);
    if (!hearing) {
      faults.push(`${name}: ${reaction.name} is listed as a reaction and hears nothing`);
      continue;
    }
    if (!hearing.as.startsWith(`${name}.`)) faults.push(`${name}: the consumer ${hearing.as} is to be named "${name}.…"`);
    const other = taken.get(hearing.as);
    if (other !== undefined) faults.push(`${name}: the consumer name ${hearing.as} is taken twice, by ${other} and ${reaction.name}`);
    taken.set(hearing.as, reaction.name);
    for (const event of hearing.events) if (!declares(catalogue, event)) faults.push(`${name}: ${hearing.as} hears ${event.type}, which nobody declares`);
  }
  if (manifest.members === 'replica' && taken.has(`${name}.members`)) faults.push(`${name}: the consumer name ${name}.members is the members replica's`);
  if (manifest.personalData)
    for (const own of [`${name}.personal-data`, `${name}.exports`]) if (taken.has(own)) faults.push(`${name}: the consumer name ${own} is its personal data's`);
  return faults;
}

/** Whoever asks for all that is kept of a person goes by the contract: what it says is to be so. */
function personalDataFaults(name: string, { hosts, personalData, providers }: Manifest): string[] {
  if (hosts[KEEPS_PERSONAL_DATA] && !personalData) return [`${name}: its contract says that it keeps personal data, and the manifest does not say which class knows it`];
  if (!hosts[KEEPS_PERSONAL_DATA] && personalData) return [`${name}: ${personalData.name} knows its personal data, and its contract does not say that it keeps any`];
  return personalData && !providers.includes(personalData) ? [`${name}: ${personalData.name} knows its personal data, and is no provider`] : [];
}

const declares = (catalogue: Pick<Catalogue, 'events'>, event: EventType): boolean => catalogue.events.get(event.type) === event;

function accessFaults(name: string, manifest: Manifest): string[] {
  if (manifest.members) return [];
  return operationsOf(manifest.hosts)
    .filter((operation) => operation.access.rule === 'member')
    .map((operation) => `${name}: ${operation.id} is for members, and the manifest does not say how membership is known`);
}
