import type { Yaml } from './yaml.ts';

/** One entry under `services` of a compose file. */
export interface Container {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly [key: string]: Yaml;
}
