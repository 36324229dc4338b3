import { leash } from '../processes/leash.ts';
import type { Farewell } from '../processes/stop-process.ts';
import type { Launch } from '../guardian/orders.ts';
import { containerArgs, killContainer } from '../programs/docker.ts';
import type { Program } from '../programs/program.ts';
import type { PartFolder } from '../part-folder.ts';
import type { Boot } from './server.ts';
import { serverFor } from './servers.ts';

/** What the guardian needs to run this server, and to end it. */
export async function launchOf(boot: Boot): Promise<Launch> {
  const { folder, program, env, port, runAs } = boot;
  const serverArgs = serverFor(folder.part).args(boot);
  const args = program.image === undefined ? serverArgs : containerArgs(program, folder, port, serverArgs);
  const farewell = farewellOf(program, folder);
  return {
    ...(await leash({ command: program.command, args, runAs }, farewell.signals[0] ?? 'SIGTERM', env)),
    env: { ...littleEnvironment(env), ...program.env },
    cwd: folder.path, logFile: folder.logFile, identityFile: folder.identityFile, farewell,
  };
}

export function farewellOf(program: Program, folder: PartFolder): Farewell {
  const { farewell } = serverFor(folder.part);
  return { signals: farewell, killCommand: program.image === undefined ? undefined : killContainer(program, folder) };
}

/** Little of our environment is the servers' business, and none of its secrets. */
function littleEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const { PATH = '/usr/bin:/bin', HOME = '/' } = env;
  const engine = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && /^(DOCKER_|XDG_RUNTIME_DIR$)/.test(entry[0]));
  return { PATH, HOME, LC_ALL: 'C', ...Object.fromEntries(engine) };
}
