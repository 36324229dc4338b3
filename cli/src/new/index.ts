export { newEvent } from './event.ts';
export { newOperation } from './operation.ts';
export type { Outcome } from './plan.ts';
export { newReaction } from './reaction.ts';
export { newService } from './service.ts';
