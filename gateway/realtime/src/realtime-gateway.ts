import { busSettings, readSettings, type Target } from '@mela/chassis';
import { mela, type Catalogue } from '@mela/contracts';
import { needsOf } from './needs.ts';
import { RealtimeSettings } from './settings.ts';
import { startRealtime } from './start-realtime.ts';

/** The gateway for any contracts: events and topics come from the catalogue alone. */
export function realtimeGatewayOf(catalogue: Catalogue): Target {
  const settings = { realtime: RealtimeSettings };
  return {
    name: 'realtime',
    kind: 'gateway',
    settings: { 'realtime.bus': busSettings('realtime'), ...settings },
    needs: () => needsOf(catalogue),
    start: (process) => startRealtime(catalogue, process, readSettings(settings, process.environment).realtime),
  };
}

export const realtimeGateway = realtimeGatewayOf(mela);
