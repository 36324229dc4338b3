import { systemTool } from '../programs/program.ts';
import type { SystemUser } from '../servers/system-user.ts';
import { runProgram } from './run-program.ts';

export interface Leashed {
  command: string;
  args: string[];
  uid?: number | undefined;
  gid?: number | undefined;
}

/**
 * On Linux the kernel itself signals a program when the process that started it dies: even if somebody kills
 * that one and the guardian together, no server stays behind. setpriv (util-linux) asks for this, then becomes the program.
 */
export async function leash(program: { command: string; args: string[]; runAs?: SystemUser | undefined }, signal: NodeJS.Signals, env: NodeJS.ProcessEnv): Promise<Leashed> {
  const { command, args, runAs } = program;
  const setpriv = process.platform === 'linux' ? await systemTool('setpriv', env) : undefined;
  const able = setpriv !== undefined && (await runProgram(setpriv, ['--pdeathsig', 'KILL', '--', setpriv, '--version'])).ok;
  if (!able) return { command, args, uid: runAs?.uid, gid: runAs?.gid };
  const options = ['--pdeathsig', signal.replace('SIG', '')];
  if (runAs?.mayEnter === undefined) return { command: setpriv, args: [...options, '--', command, ...args], uid: runAs?.uid, gid: runAs?.gid };
  const right = `-all,+${runAs.mayEnter}`;
  options.push('--reuid', String(runAs.uid), '--regid', String(runAs.gid), '--clear-groups', '--inh-caps', right, '--ambient-caps', right);
  return { command: setpriv, args: [...options, '--', command, ...args] };
}
