import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { How } from '../part.ts';

/** A server's program, found and tried. */
export interface Program {
  how: Exclude<How, 'url'>;
  version: string;
  /** Where it is from, for people. */
  from: string;
  command: string;
  env: Record<string, string>;
  /** Set when `command` is a container engine: the server then runs in an image. */
  image?: string;
}

/** What looking in one place showed. Looking changes nothing on the machine. */
export type Sighting =
  | { is: 'there'; program: Program; passedOver?: string[] }
  | { is: 'obtainable'; how: Program['how']; what: string; obtain(): Promise<Program> }
  /** `passedOver`: what is there and will not do; `why`: what is not there. */
  | { is: 'absent'; why?: string; passedOver?: string[] };

export interface Search {
  env: NodeJS.ProcessEnv;
  dataDir: string;
  progress: (line: string) => void;
}

/** One place where a part's program may come from. */
export type Source = (search: Search) => Promise<Sighting>;

/** Every file of this name on PATH, executable or not, in order. */
export async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const found: string[] = [];
  for (const folder of new Set((env.PATH ?? '').split(delimiter).filter(Boolean))) {
    const file = join(folder, name);
    if (await stat(file).then((entry) => entry.isFile(), () => false)) found.push(file);
  }
  return found;
}

/** A tool of the machine itself, wherever a narrow PATH leaves it. */
export async function systemTool(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const files = await onPath(name, { PATH: [env.PATH, '/usr/bin', '/bin', '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter) });
  for (const file of files) if (await isExecutable(file)) return file;
  return undefined;
}

export function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(() => true, () => false);
}
