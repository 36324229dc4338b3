import type { OpenPart } from '@mela/infra';
import type { SmallDisk } from '../../ground/small-disk.ts';
import type { Fault } from '../fault.ts';
import { onJetStream } from './jetstream.ts';
import { BOOT_MS, outOfReach } from './servers.ts';

/**
 * NATS finds no room for what it is given. Version 2.10.27 refuses each message and takes them again as soon as there is room;
 * others shut JetStream down for good, so one that does not answer is restarted, as a liveness probe would.
 */
const full: Fault = {
  name: 'disk full',
  family: 'disk',
  weight: 2,
  longestMs: 10_000 + BOOT_MS,
  impossible: (ground) => (ground.disk === undefined ? 'NATS has no small disk: this user may not mount one' : outOfReach(ground, 'nats')),
  strike: async ({ disk, parts: { nats } }, random) => {
    const holdMs = random.int(3_000, 8_000);
    const bytes = await filled(disk!);
    return {
      what: `the last ${(bytes / 1e6).toFixed(1)} MB of NATS's disk were taken`,
      holdMs,
      heal: async () => {
        await disk!.free();
        if (!(await keepsStreams(nats))) await nats.restart();
      },
    };
  },
};

async function filled(disk: SmallDisk): Promise<number> {
  try {
    return await disk.fill();
  } catch (fault) {
    await disk.free();
    throw fault;
  }
}

const keepsStreams = (nats: OpenPart): Promise<boolean> =>
  onJetStream(nats, (jsm) => jsm.streams.names().next()).then(() => true, () => false);

export const diskFaults: readonly Fault[] = [full];
