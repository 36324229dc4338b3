export { FolderInUse, MissingPart, PartFault, PortTaken } from './faults.ts';
export { openPart } from './open-part.ts';
export { openParts } from './open-parts.ts';
export type { How, OpenPart, PartName, PartReport, Parts, PartsOptions } from './part.ts';
export { portOwner } from './port-owner.ts';
export { choosePort, type WantedPort } from './ports.ts';
export { natsAccess } from './servers/nats-answers.ts';
export { natsAuthorization, type NatsUser } from './servers/nats-users.ts';
export { survey, type Finding } from './survey.ts';
