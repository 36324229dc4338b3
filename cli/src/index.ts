export { mela } from './mela.ts';
export { allTargets, chooseTargets, servicesOf } from './targets.ts';
export type { Terminal } from './terminal.ts';
