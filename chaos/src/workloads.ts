import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Workload } from '@mela/testkit/chaos';
import { workload as ofTheWitness } from './witness/workload.ts';

const services = join(import.meta.dirname, '../../services');

/** What each service brings: `services/<name>/test/chaos.ts`, of those that have one; and the witness. */
export async function loadWorkloads(): Promise<readonly Workload[]> {
  const files = readdirSync(services).map((name) => join(services, name, 'test/chaos.ts')).filter((file) => existsSync(file));
  const brought = await Promise.all(files.map(async (file) => ((await import(pathToFileURL(file).href)) as { workload: Workload }).workload));
  return [...brought, ofTheWitness];
}
