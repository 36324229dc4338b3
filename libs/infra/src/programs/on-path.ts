import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { atLeast, settings } from '../answers.ts';
import type { PartName } from '../part.ts';
import { lastLines, runProgram } from '../processes/run-program.ts';
import { isExecutable, onPath, type Program, type Source } from './program.ts';

/** Tries a program by asking its version. Answers why not, when it will not do. */
export async function tryProgram(part: PartName, command: string, env: Record<string, string> = {}): Promise<{ version: string } | { why: string }> {
  const { label, oldest } = settings[part];
  if (!(await isExecutable(command))) return { why: `${command} is not executable` };
  const ran = await runProgram(command, ['--version'], { timeout: 5000, env: { ...process.env, ...env } });
  if (!ran.ok) return { why: `${command} does not run (${lastLines(ran.said, 1)})` };
  const version = /(\d+\.\d+(?:\.\d+)*|\d+(?=(?:beta|rc|devel)))/.exec(ran.stdout)?.[1];
  if (version === undefined) return { why: `${command} does not tell its version` };
  return atLeast(version, oldest) ? { version } : { why: `${command} is ${label} ${version}, older than ${oldest}` };
}

/** Programs of these names on PATH, or in the places given; the first that runs and is new enough. */
export function onPathSource(part: PartName, names: string[], elsewhere: () => Promise<string[]> = async () => []): Source {
  return async ({ env }) => {
    const files = [...(await Promise.all(names.map((name) => onPath(name, env)))).flat(), ...(await elsewhere())];
    const passedOver: string[] = [];
    for (const command of files) {
      const tried = await tryProgram(part, command);
      if ('version' in tried) {
        const program: Program = { how: 'path', version: tried.version, from: command, command, env: {} };
        return { is: 'there', program, passedOver };
      }
      passedOver.push(tried.why);
    }
    return files.length === 0 ? { is: 'absent', why: `no ${names.join(' or ')} on PATH` } : { is: 'absent', passedOver };
  };
}

/** Distributions keep PostgreSQL's server off the PATH, one folder per version; the newest first. */
export async function distributionPostgres(): Promise<string[]> {
  const byNumber = (a: string, b: string) => b.localeCompare(a, 'en', { numeric: true });
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).sort(byNumber);
  return versions.map((version) => `/usr/lib/postgresql/${version}/bin/postgres`);
}

/** A server without the program that creates its data folder is of no use here. */
export function withInitdb(source: Source): Source {
  return async (search) => {
    const sighting = await source(search);
    if (sighting.is !== 'there' || (await isExecutable(initdbBeside(sighting.program.command)))) return sighting;
    return { is: 'absent', passedOver: [...(sighting.passedOver ?? []), `${sighting.program.command} has no initdb beside it`] };
  };
}

export function initdbBeside(postgres: string): string {
  return join(dirname(postgres), 'initdb');
}
