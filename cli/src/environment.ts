import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '@mela/chassis';
import { readEnv } from './env-file.ts';
import { usage } from './fault.ts';
import type { DataFolder } from './project.ts';
import type { Terminal } from './terminal.ts';

export const developmentFile = 'development.env';

/** Settings by where they come from. What is nearer to the person wins: flag, environment, `.env`, then what `mela up` wrote. */
interface Layers {
  readonly chosen: Environment;
  readonly development: Environment;
  readonly all: Environment;
}

export async function readLayers({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>, set: readonly string[], folder: DataFolder): Promise<Layers> {
  const file = await readFile(join(cwd, '.env'), 'utf8').catch(() => undefined);
  const chosen = layered([readEnv(file), env, flags(set)]);
  const development = chosen['MELA_ENV'] === 'production' ? {} : readEnv(await folder.read(developmentFile));
  return { chosen, development, all: { ...development, ...chosen } };
}

export const layered = (layers: readonly Environment[]): Environment =>
  Object.assign({}, ...layers.map((layer) => Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined && value !== ''))));

export function flags(set: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    set.map((text) => {
      const match = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text);
      if (!match) throw usage(`--set ${text} is not a setting`, 'Write it like --set LOG_LEVEL=debug.');
      return [match[1]!, match[2]!];
    }),
  );
}

/** For `--set`, which may be given more than once. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
