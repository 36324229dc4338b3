import type { Random } from '@mela/testkit/chaos';
import type { Ground } from '../ground/ground.ts';
import type { Role } from '../ground/role.ts';

/** Who is harmed. Each gets its turn in every round. */
export type Family = 'roles' | 'postgres' | 'nats' | 'redis' | 'lines' | 'disk' | 'clock' | 'deliveries' | 'mail';

/** One kind of harm. */
export interface Fault {
  readonly name: string;
  readonly family: Family;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  /** The longest from the blow to the last of its healing: where less is left of a run, it is not struck. */
  readonly longestMs: number;
  /** Why it cannot be done on this machine, if it cannot: the run says so and goes on without. */
  impossible?(ground: Ground): Promise<string | undefined> | string | undefined;
  /** Does the harm. Answers what exactly was done, and the way to heal it, called after `holdMs`. One that fails leaves no harm behind. */
  strike(ground: Ground, random: Random): Promise<Harm>;
}

export interface Harm {
  readonly what: string;
  /** How long it lasts; 0 for a blow that heals by itself. */
  readonly holdMs: number;
  /** May be asked again after it failed. */
  heal(): Promise<void>;
  /** The role whose process was struck; none where it was a server or a line. */
  readonly role?: Role;
  /** Why it was not what it was to be, though something was broken. */
  readonly missed?: string;
  /** What Mela did wrong meanwhile. */
  readonly disobeyed?: string;
}

/** What heals by itself. */
export const nothing = async (): Promise<void> => undefined;
