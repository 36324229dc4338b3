import type { Target } from '@mela/chassis';
import { settingNames } from '../targets.ts';

/** The one image of all containers: built here, never fetched. */
export const imageName = 'mela:local';

/** Where a container answers for its health; its network alone can ask. */
export const opsPort = 9000;

/** What holds for every container, whatever it hosts: whoever is outside of it is to reach what it listens on. */
export const imageEnvironment = (targets: readonly Target[]): Readonly<Record<string, string>> => ({
  NODE_ENV: 'production',
  MELA_ENV: 'production',
  OPS_HOST: '0.0.0.0',
  OPS_PORT: String(opsPort),
  ...Object.fromEntries(settingNames(targets).filter((name) => name.endsWith('_HOST')).map((name) => [name, '0.0.0.0'])),
});

/** From the folder of the image's files, in a form without a shell: signals reach Node itself. */
export const entrypoint = ['node', 'cli/bin/mela.mjs'] as const;
export const healthCheck = ['node', 'deploy/healthcheck.mjs'] as const;
