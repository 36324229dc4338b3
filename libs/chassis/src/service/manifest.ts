import type { Operation, Service } from '@mela/contracts';
import type { Provider, Type } from '@nestjs/common';
import type { EntitySchema } from 'typeorm';
import type { Memberships } from '../access/memberships.ts';
import type { Migration } from '../database/migration.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import type { SettingsSchema } from '../settings/settings.ts';
import type { Tidies } from './housekeeping.ts';

/** What a service is made of. The boot holds it against the contracts and stops on what is missing, doubled or unknown. */
export interface Manifest {
  /** The contract whose every operation this service answers. */
  readonly hosts: Service<any>;
  /** Other services' operations that it may ask; nothing else leaves. */
  readonly asks?: readonly Operation[];
  readonly settings?: SettingsSchema;
  readonly entities: readonly (Function | EntitySchema)[];
  readonly migrations: readonly Migration[];
  /** It speaks with servers that are not Mela's, such as those that deliver mail. */
  readonly outside?: true;
  /** Classes with `@Handles` methods. */
  readonly apis: readonly Type[];
  /** Classes with `@Hears`. */
  readonly reactions?: readonly Type[];
  readonly providers: readonly Provider[];
  /** Of the providers those that have something to forget, every ten minutes. */
  readonly tidies?: readonly Type<Tidies>[];
  /** Of the providers the one that knows what is kept of a person: it is asked to erase that when the person is gone, and to tell it when they want to have it. */
  readonly personalData?: Type<PersonalData>;
  /** Keeps what is asked often in Redis, with `Caches`; everything goes on without it. */
  readonly caches?: boolean;
  /** How membership is known: a replica of `member.*`, or the owner's own class. */
  readonly members?: 'replica' | Type<Memberships>;
}

/** Tokens for what is not a class. */
export const SETTINGS = Symbol('mela.settings');
export const LOG = Symbol('mela.log');
