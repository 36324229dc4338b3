import { databaseSetting, natsPasswordSetting, roleOf, settingsOf, type ServiceTarget, type SettingsSchema, type Target } from '@mela/chassis';
import type { z } from 'zod';
import { OPERATOR } from '../bus-users.ts';
import { passwordName } from '../schemas.ts';
import { servicesOf } from '../targets.ts';
import { given, partPasswords } from './given.ts';

const database = (user: string, password: string): string => `postgres://${user}:${given(password)}@postgres:5432/mela`;

const BUS = 'nats://nats:4222';

/** PostgreSQL takes 100 connections; some are for migrations and for whoever looks in. */
const CONNECTIONS_TO_SHARE = 80;
const FEWEST_CONNECTIONS = 4;

/** A container knows what its own target needs, and nobody else's secrets. */
export function environmentOf(target: Target, all: readonly Target[]): Record<string, string> {
  const needed = toldTo(target, all).map((name): [string, string] => [name, valueOf(name, target)]);
  const share = Math.max(FEWEST_CONNECTIONS, Math.floor(CONNECTIONS_TO_SHARE / servicesOf(all).length));
  const pool: [string, string][] = target.kind === 'service' ? [['DATABASE_CONNECTIONS', String(share)]] : [];
  const ports = portsOf(target).map(([name, port]): [string, string] => [name, String(port)]);
  return sorted([['ALLOW_PLAINTEXT', 'true'], busPassword(target.name), ...pool, ...ports, ...needed]);
}

const busPassword = (user: string): [string, string] => [natsPasswordSetting(user), given(natsPasswordSetting(user))];

/** The job before all others enters as the database's owner and gives each role its password, and as the operator of the bus. */
export const migrationEnvironment = (services: readonly ServiceTarget[]): Record<string, string> =>
  sorted([['DATABASE_ADMIN_URL', database('postgres', partPasswords.postgres)], ['NATS_URL', BUS], busPassword(OPERATOR), ...services.map(({ name }): [string, string] => [passwordName(name), given(passwordName(name))])]);

function valueOf(setting: string, target: Target): string {
  if (setting === 'NATS_URL') return BUS;
  if (setting === 'REDIS_URL') return `redis://:${given(partPasswords.redis)}@redis:6379`;
  if (setting === databaseSetting(target.name)) return database(roleOf(target.name), passwordName(target.name));
  // What nobody can make up, a person says.
  return isSecret(setting) ? given(setting) : given(setting, 'set it in .env');
}

export const isSecret = (setting: string): boolean => setting.endsWith('_SECRET');

const settingsIn = (schemas: Readonly<Record<string, SettingsSchema>>): [string, z.ZodType][] =>
  Object.values(schemas).flatMap(({ shape }) => Object.entries(shape as Record<string, z.ZodType>));

/** The settings without a default. */
export const neededBy = (target: Target): string[] => settingsIn(settingsOf([target])).flatMap(([name, type]) => (type.safeParse(undefined).success ? [] : [name]));

/** What others cannot do without it is told of, too, where it reads the same. */
function toldTo(target: Target, all: readonly Target[]): string[] {
  const needed = new Set(all.flatMap(neededBy));
  return [...new Set(settingsIn(settingsOf([target])).map(([name]) => name))].filter((name) => needed.has(name));
}

/** The ports at which a target is reached from outside, with their settings. */
export const portsOf = (target: Target): [setting: string, port: number][] =>
  settingsIn(target.settings).flatMap(([name, type]): [string, number][] => (name.endsWith('_PORT') ? [[name, Number(type.parse(undefined))]] : []));

const sorted = (entries: readonly [string, string][]): Record<string, string> => Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
