import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { identity, type PlatformRole } from '@mela/contracts';
import { askOperation, Someone, type World } from '@mela/testkit';

const MELA = join(import.meta.dirname, '../../../cli/bin/mela.mjs');

/** As the instance's operator: `mela` on the world's own data. */
export async function operates(world: World, ...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [MELA, ...words, '--data', world.addresses.data]);
  return stdout;
}

/** Somebody who looks after the platform, signed in since they do. */
export async function lookingAfter(world: World, role: PlatformRole, name: string): Promise<Someone> {
  const { email, password } = await world.someone(name);
  await operates(world, 'admin', 'appoint', '--email', email, '--role', role);
  return new Someone(world.addresses, name, email, password, await askOperation(world.addresses.api, identity.signIn, { email, password }));
}
