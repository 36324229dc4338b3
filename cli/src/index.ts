export { prepareStream } from './bus.ts';
export { OPERATOR, usersOf } from './bus-users.ts';
export { mela } from './mela.ts';
export { passwordName, prepareSchemas } from './schemas.ts';
export { allTargets, chooseTargets, servicesOf, settingNames } from './targets.ts';
export type { Terminal } from './terminal.ts';
