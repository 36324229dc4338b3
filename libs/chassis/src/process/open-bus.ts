import { connectBus, watchConnectivity, watchRefusals, type BusRefusal } from '@mela/bus';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { busSettings, natsPasswordSetting } from '../settings/bus-settings.ts';
import { readSettings } from '../settings/settings.ts';
import type { Process } from './target.ts';

const NAME = 'mela_bus_refused_total';
/** Of each subject the first refusals are told one by one, and then ever more rarely. */
const TOLD_AT_FIRST = 3;

/** A target's own connection, under its own user. What the server refuses is told, since no call returns with it. */
export async function openBus(process: Process, name: string, log: Logger): Promise<NatsConnection> {
  const { bus } = readSettings({ bus: busSettings(name) }, process.environment);
  const { NATS_URL: url, NATS_CA_FILE: caFile } = process.settings;
  const setting = natsPasswordSetting(name);
  const nc = await connectBus({
    url, name, password: bus[setting] as string | undefined, passwordSetting: setting, tls: caFile === undefined ? undefined : { caFile },
  });
  watchConnectivity(nc, (connected) => log.warn(connected ? 'The message bus is back' : 'The message bus is away'));
  watchRefusals(nc, tellRefusals(name, process.metrics, log));
  return nc;
}

const NO_RIGHT = 'The message bus refuses this: its configuration gives this user no right to it (`mela deploy nats` prints the one that does)';
const UNKNOWN = 'The message bus does not take these credentials any more; they are tried until it does';

/** Answered requests go to a subject each: those are counted together. */
const kindOf = (subject: string): string => subject.replace(/^(_INBOX_\w+)\..*/, '$1');

function tellRefusals(service: string, metrics: Registry, log: Logger): (refusal: BusRefusal) => void {
  const counter = refusals(metrics);
  // So that they are zero before the first: only then an alert sees it.
  for (const of of ['publish', 'subscribe', 'connect']) counter.inc({ service, of }, 0);
  const times = new Map<string, number>();
  return ({ of, subject }) => {
    counter.inc({ service, of });
    const kind = `${of} ${kindOf(subject)}`;
    const so = (times.get(kind) ?? 0) + 1;
    times.set(kind, so);
    if (so > TOLD_AT_FIRST && (so & (so - 1)) !== 0) return;
    log.error({ of, subject, times: so }, of === 'connect' ? UNKNOWN : NO_RIGHT);
  };
}

/** Several targets may share one process and so one registry. */
const refusals = (metrics: Registry): Counter =>
  (metrics.getSingleMetric(NAME) as Counter | undefined) ??
  new Counter({ name: NAME, help: 'What the message bus refused: a right or credentials that are missing', labelNames: ['service', 'of'], registers: [metrics] });
