import { hearingOf, type BusNeeds } from '@mela/bus';
import { communities, identity, SERVICE, type Catalogue, type Operation } from '@mela/contracts';
import { membersHearing } from '../access/members-replica.ts';
import { keyEvents } from '../access/public-keys.ts';
import { overheardEnds } from '../access/revoked-sessions.ts';
import { erasingHearing } from '../personal-data/erasing.ts';
import { exportingHearing } from '../personal-data/exporting.ts';
import type { Manifest } from './manifest.ts';

/** What a service wants of the message bus: all of it stands in its manifest, or is the chassis' own. */
export function needsOf(manifest: Manifest, catalogue: Pick<Catalogue, 'events' | 'ownerOf'>): BusNeeds {
  const name = manifest.hosts[SERVICE];
  const own = [...catalogue.events.values()].filter((event) => catalogue.ownerOf(event) === name);
  return {
    name,
    asks: askedBy(manifest),
    answers: true,
    says: [...new Set(own.map(({ noun }) => noun))],
    hears: heardBy(manifest),
    overhears: [...keyEvents, ...overheardEnds],
  };
}

/** What the chassis asks, and what the manifest names. */
export function askedBy({ asks = [], members, personalData }: Manifest): readonly Operation[] {
  const replicated = members === 'replica' ? [communities.members, communities.membership] : [];
  return [identity.jwks, ...replicated, ...(personalData ? [identity.deliverExportPart] : []), ...asks];
}

function heardBy({ hosts, reactions = [], members, personalData }: Manifest) {
  const name = hosts[SERVICE];
  return [
    ...reactions.flatMap((reaction) => hearingOf(reaction) ?? []),
    ...(members === 'replica' ? [membersHearing(name)] : []),
    ...(personalData ? [erasingHearing(name), exportingHearing(name)] : []),
  ];
}
