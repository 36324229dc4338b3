import { armFailPoint, LocalPath } from '@mela/bus';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { poolShare } from '../database/data-source.ts';
import { Health } from '../health/health.ts';
import { OpsServer } from '../health/ops-server.ts';
import { ProcessSettings } from '../settings/process-settings.ts';
import { readSettings, type Environment, type SettingsSchema } from '../settings/settings.ts';
import { openTraces } from '../traces/traces.ts';
import { createLog } from './log.ts';
import type { Process, Running, Target } from './target.ts';
import { Undo } from './undo.ts';

export interface RunningProcess {
  readonly addresses: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Every schema that these targets read, by the name under which its faults are told. */
export const settingsOf = (targets: readonly Target[]): Record<string, SettingsSchema> =>
  Object.assign({ process: ProcessSettings }, ...targets.map((target) => target.settings));

/** Hosts any targets in this process. All settings are checked before anything starts; a failed start undoes the others. */
export async function runTargets(targets: readonly Target[], environment: Environment): Promise<RunningProcess> {
  const settings = readSettings(settingsOf(targets), environment)['process'] as ProcessSettings;
  if (environment['MELA_FAIL_POINT'] && settings.MELA_ENV === 'production') throw new Error('MELA_FAIL_POINT is for tests, not for production');
  armFailPoint(environment['MELA_FAIL_POINT']);

  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const process: Process = {
    environment,
    settings,
    metrics,
    log: createLog(settings.LOG_LEVEL),
    health: new Health(),
    local: settings.ASK_PATH === 'local' ? new LocalPath() : undefined,
    poolShare: poolShare(settings.DATABASE_CONNECTIONS, targets.filter((target) => target.kind === 'service').length),
  };

  // Gateways stop first and services last, so that whoever is asked outlives whoever asks.
  const running: Running[] = [];
  const undo = new Undo();
  const traces = await openTraces(settings, targets.map(({ name }) => name), process.log);
  undo.push(() => traces.close());
  let ending: Promise<void> | undefined;
  const stop = () => {
    process.health.drain();
    return (ending ??= undo.all());
  };
  try {
    for (const target of [...targets].sort((a, b) => rank(a) - rank(b))) {
      const one = await target.start(process);
      running.push(one);
      undo.push(() => one.stop());
      process.log.debug({ target: target.name }, 'started');
    }
    const ops = await OpsServer.listen({ host: settings.OPS_HOST, port: settings.OPS_PORT }, process.health, metrics);
    undo.push(() => ops.close());
    return { addresses: Object.assign({ ops: ops.address }, ...running.map((one) => one.addresses ?? {})), stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

const rank = (target: Target): number => (target.kind === 'service' ? 0 : 1);
