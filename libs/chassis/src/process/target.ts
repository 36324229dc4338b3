import type { BusNeeds, LocalPath } from '@mela/bus';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Health } from '../health/health.ts';
import type { ProcessSettings } from '../settings/process-settings.ts';
import type { Environment, SettingsSchema } from '../settings/settings.ts';

/** What one process has once, whatever it hosts. */
export interface Process {
  readonly environment: Environment;
  readonly settings: ProcessSettings;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: Health;
  /** Undefined when every request is to take the bus. */
  readonly local: LocalPath | undefined;
  readonly poolShare: number;
}

/** Something a process can host: a service or a gateway. */
export interface Target {
  readonly name: string;
  readonly kind: 'service' | 'gateway';
  readonly settings: Readonly<Record<string, SettingsSchema>>;
  /** From this its user at the message bus is made. */
  needs(): BusNeeds;
  start(process: Process): Promise<Running>;
}

export interface Running {
  /** Where people reach it, by name: `{ api: 'http://…' }`. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Takes nothing new, finishes what it began, gives everything back. */
  stop(): Promise<void>;
}
