import { createHash } from 'node:crypto';
import type { PartFolder } from '../part-folder.ts';
import { runProgram } from '../processes/run-program.ts';
import { onPath, type Program, type Source } from './program.ts';

export function dockerSource(image: string): Source {
  return async ({ env, progress }) => {
    const [docker] = await onPath('docker', env);
    if (docker === undefined) return { is: 'absent', why: 'no Docker' };
    const running = await runProgram(docker, ['info', '--format', '{{.ServerVersion}}'], { env });
    if (!running.ok || running.stdout.trim() === '') return { is: 'absent', why: 'the Docker engine does not answer' };
    const obtain = async () => {
      progress(`Pulling the image ${image}`);
      const pulled = await runProgram(docker, ['pull', '--quiet', image], { env, timeout: 600_000 });
      if (!pulled.ok) throw new Error(`docker pull ${image}: ${pulled.said}`);
      return { how: 'docker' as const, version: image.split(':')[1] ?? 'latest', from: `the Docker image ${image}`, command: docker, env: {}, image };
    };
    return { is: 'obtainable', how: 'docker', what: `the Docker image ${image}`, obtain };
  };
}

/** One name per data folder: whatever bears it was started by us, for this folder. */
function containerName(folder: PartFolder): string {
  return `mela-${folder.part}-${createHash('sha256').update(folder.path).digest('hex').slice(0, 12)}`;
}

/**
 * In the foreground, so that the client's life is the container's: it passes our signals on.
 * The folder keeps its path inside, so that one configuration file serves both ways of running.
 */
export function containerArgs(program: Program, folder: PartFolder, port: number, serverArgs: string[]): string[] {
  const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
  return [
    'run', '--rm', '--name', containerName(folder), ...user,
    '--publish', `127.0.0.1:${port}:${port}`, '--volume', `${folder.path}:${folder.path}`,
    program.image ?? '', ...serverArgs,
  ];
}

/** A kill of the client alone would leave the container running. */
export function killContainer(program: Program, folder: PartFolder): string[] {
  return [program.command, 'rm', '--force', containerName(folder)];
}
