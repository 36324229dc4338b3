import { join } from 'node:path';
import type { PartName } from '../part.ts';
import { runProgram } from '../processes/run-program.ts';
import { tryProgram } from './on-path.ts';
import { onPath, type Source } from './program.ts';

export function homebrewSource(part: PartName, formula: string, binary: string): Source {
  return async ({ env, progress }) => {
    const [brew] = await onPath('brew', env);
    if (brew === undefined) return { is: 'absent', why: 'no Homebrew' };
    const obtain = async () => {
      progress(`Installing ${formula} with Homebrew`);
      const installed = await runProgram(brew, ['install', '--quiet', formula], { env, timeout: 600_000 });
      if (!installed.ok) throw new Error(`brew install ${formula}: ${installed.said}`);
      const prefix = (await runProgram(brew, ['--prefix', formula], { env })).stdout.trim();
      const command = join(prefix, 'bin', binary);
      const tried = await tryProgram(part, command);
      if (!('version' in tried)) throw new Error(tried.why);
      return { how: 'homebrew' as const, version: tried.version, from: `Homebrew (${formula})`, command, env: {} };
    };
    return { is: 'obtainable', how: 'homebrew', what: `brew install ${formula}`, obtain };
  };
}
