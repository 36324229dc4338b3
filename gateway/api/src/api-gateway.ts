import { busSettings, keyEvents, readSettings, type Target } from '@mela/chassis';
import { identity, mela, SessionRevoked, type Catalogue } from '@mela/contracts';
import { routedIn } from './routes/operations.ts';
import { ApiSettings } from './settings.ts';
import { startApi } from './start-api.ts';

/** HTTP in front of whatever these contracts declare. */
export const apiGatewayOf = (catalogue: Catalogue): Target => ({
  name: 'api',
  kind: 'gateway',
  settings: { 'api.bus': busSettings('api'), api: ApiSettings },
  needs: () => ({ name: 'api', asks: [identity.jwks, identity.exchangeApiKey, ...routedIn(catalogue)], follows: [SessionRevoked], overhears: keyEvents }),
  start: (process) => startApi(catalogue, process, readSettings({ api: ApiSettings }, process.environment).api),
});

export const apiGateway: Target = apiGatewayOf(mela);
