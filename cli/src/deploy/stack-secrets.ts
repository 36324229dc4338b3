import { randomBytes } from 'node:crypto';
import type { Target } from '@mela/chassis';
import { readEnv } from '../env-file.ts';
import { passwordName } from '../schemas.ts';
import { servicesOf } from '../targets.ts';
import { asGiven, partPasswords } from './given.ts';
import { natsPasswordsOf } from './nats.ts';
import { isSecret, neededBy } from './settings.ts';

/** Every secret of the stack, as `.env` names it. */
export const stackSecrets = (targets: readonly Target[]): readonly string[] => {
  const passwords = [...Object.values(partPasswords), ...natsPasswordsOf(targets), ...servicesOf(targets).map(({ name }) => passwordName(name))];
  return [...new Set([...passwords, ...targets.flatMap(neededBy).filter(isSecret)])].map(asGiven);
};

/** Secrets for those that the file does not have yet. What it has stays: it has sealed and signed what the volumes hold. */
export function missingSecrets(targets: readonly Target[], file: string | undefined): Record<string, string> {
  const present = readEnv(file);
  const missing = stackSecrets(targets).filter((name) => present[name] === undefined);
  return Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('hex')]));
}
