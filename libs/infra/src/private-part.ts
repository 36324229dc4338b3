import { settings } from './answers.ts';
import { FolderInUse, MissingPart, PartFault } from './faults.ts';
import { findProgram } from './find-program.ts';
import type { Guard } from './guardian/guard.ts';
import { holdPartFolder, remember } from './part-folder.ts';
import type { OpenPart, PartName, PartsOptions } from './part.ts';
import { PrivateServer } from './private-server.ts';
import { natsPasswords } from './servers/nats-users.ts';

/** Starts an instance of our own on the data in its folder. */
export async function openPrivatePart(part: PartName, options: PartsOptions, guard: Guard): Promise<OpenPart> {
  const { dataDir, env, throwaway = false, natsUsers = [], progress = () => undefined, lost = () => undefined } = options;
  const { label } = settings[part];
  const folder = await holdPartFolder(dataDir, part);
  try {
    const { program, passedOver } = await findProgram(part, { env, dataDir, progress });
    progress(`Starting ${label} ${program.version}`);
    const server = await PrivateServer.start({ folder, program, env, throwaway, natsUsers }, guard, { progress, lost });
    await remember(folder, { ...folder.remembered, port: server.port });
    const because = passedOver.length === 0 ? '' : ` (passed over: ${passedOver.join('; ')})`;
    return {
      url: server.url,
      passwords: part === 'nats' ? natsPasswords(natsUsers, folder.remembered.password) : {},
      report: { part, how: program.how, version: program.version, detail: `${label} ${program.version} on port ${server.port}, from ${program.from}${because}` },
      get pid() {
        return server.pid;
      },
      stop: () => server.stop().finally(() => folder.release()),
      crash: () => server.crash(),
      restart: () => server.restart(),
    };
  } catch (fault) {
    await folder.release();
    if (fault instanceof PartFault || fault instanceof MissingPart || fault instanceof FolderInUse) throw fault;
    throw new PartFault(part, `${label}: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault });
  }
}
