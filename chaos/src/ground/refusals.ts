import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Violation } from '@mela/testkit/chaos';

/** Whatever is broken, nobody wants more of the message bus than its manifest gives: what the roles' logs tell of refusals. */
export async function refusalsIn(logs: string): Promise<Violation[]> {
  const files = (await readdir(logs)).filter((name) => name.endsWith('.log'));
  const told = await Promise.all(files.map(async (name) => refusalsOf(name.slice(0, -'.log'.length), await readFile(join(logs, name), 'utf8'))));
  return told.flat();
}

const refusalsOf = (role: string, log: string): Violation[] => {
  const seen = [...log.matchAll(/"of":"(publish|subscribe)","subject":"([^"]+)"/g)].map(([, of, subject]) => `${role} was refused to ${of} ${subject}`);
  return [...new Set(seen)].map((what) => ({ invariant: 'rights', what, about: [] }));
};
