/** The words of chaos: what a service's `test/chaos.ts` says, and how it reads what was asked. */
export type * from './chaos/workload.ts';
export type * from './chaos/on-screens.ts';
export { agentOf, commandsOf, keyOf, keyOfAgent, proofOf, refusedByRule, type Command, type Proof } from './chaos/attempts.ts';
