import type { PartName } from './part.ts';

/** A part was neither given nor found. The message says what to install, or which setting to give. */
export class MissingPart extends Error {
  override name = 'MissingPart';
  readonly part: PartName;

  constructor(part: PartName, message: string) {
    super(message);
    this.part = part;
  }
}

/** A part is there, but not as Mela needs it: wrong URL, too old, refuses to start. */
export class PartFault extends Error {
  override name = 'PartFault';
  readonly part: PartName;

  constructor(part: PartName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.part = part;
  }
}

export class PortTaken extends Error {
  override name = 'PortTaken';
  readonly port: number;
  readonly free: number | undefined;

  constructor(taken: { setting: string; port: number; owner: string | undefined; free: number | undefined }) {
    const owner = taken.owner === undefined ? 'another process' : taken.owner;
    const remedy = taken.free === undefined ? '' : ` Port ${taken.free} is free: set ${taken.setting}=${taken.free}.`;
    super(`${taken.setting}=${taken.port} is taken by ${owner}.${remedy}`);
    this.port = taken.port;
    this.free = taken.free;
  }
}

/** Another living process holds this data folder. */
export class FolderInUse extends Error {
  override name = 'FolderInUse';
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(`The data folder ${folder} is in use by the process with pid ${pid}. Stop that one, or choose another folder.`);
    this.pid = pid;
  }
}
