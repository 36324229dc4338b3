import { readSettings, type Target } from '@mela/chassis';
import { mela, type Catalogue } from '@mela/contracts';
import { ApiSettings } from './settings.ts';
import { startApi } from './start-api.ts';

/** HTTP in front of whatever these contracts declare. */
export const apiGatewayOf = (catalogue: Catalogue): Target => ({
  name: 'api',
  kind: 'gateway',
  settings: { api: ApiSettings },
  start: (process) => startApi(catalogue, process, readSettings({ api: ApiSettings }, process.environment).api),
});

export const apiGateway: Target = apiGatewayOf(mela);
