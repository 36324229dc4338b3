import type { OpenPart, PartName } from '@mela/infra';
import type { Sandbox } from '@mela/sandbox';
import type { Link } from './link.ts';
import type { Role } from './role.ts';
import type { SmallDisk } from './small-disk.ts';

/** What the nemesis may break: the servers, the processes, and the lines between them. */
export interface Ground {
  readonly parts: Readonly<Record<PartName, OpenPart>>;
  readonly roles: readonly Role[];
  /** The line from one role to one server. */
  link(role: Role, part: PartName): Link;
  /** The mail server that takes what is sent. */
  readonly smtp: Sandbox['smtp'];
  /** Where everything of this run lies; servers keep their data in `<folder>/{postgres,nats,redis}`. */
  readonly folder: string;
  /** Where NATS keeps its streams, if this machine let us lay one there. */
  readonly disk?: SmallDisk | undefined;
}
