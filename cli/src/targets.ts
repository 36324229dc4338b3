import type { ServiceTarget, Target } from '@mela/chassis';
import { communitiesService } from '@mela/communities';
import { apiGateway } from '@mela/gateway-api';
import { realtimeGateway } from '@mela/gateway-realtime';
import { identityService } from '@mela/identity';
import { notificationsService } from '@mela/notifications';
import { usage } from './fault.ts';

/** Everything a process can host. A new service is one line here. */
export const allTargets: readonly Target[] = [identityService, communitiesService, notificationsService, apiGateway, realtimeGateway];

const isService = (target: Target): target is ServiceTarget => target.kind === 'service';

export const servicesOf = (targets: readonly Target[]): readonly ServiceTarget[] => targets.filter(isService);

/** The targets with these names, in the order of the map; `all` means every one. */
export function chooseTargets(names: readonly string[], from: readonly Target[] = allTargets): readonly Target[] {
  const unknown = names.filter((name) => name !== 'all' && !from.some((target) => target.name === name));
  if (unknown.length > 0) throw usage(`There is no target ${unknown.join(', ')}`, `There are: all, ${from.map(({ name }) => name).join(', ')}.`);
  return names.includes('all') ? from : from.filter(({ name }) => names.includes(name));
}

/** Every setting these targets read, apart from those of every process. */
export const settingNames = (targets: readonly Target[]): readonly string[] => [
  ...new Set(targets.flatMap((target) => Object.values(target.settings).flatMap((schema) => Object.keys(schema.shape)))),
];
