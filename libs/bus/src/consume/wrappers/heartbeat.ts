import type { Delivery } from '../delivery.ts';

/** Whatever is held and not answered is reported as worked on, so that a slow handler is not overtaken by a redelivery. */
export function heartbeat(held: () => Iterable<Delivery>, ackWaitMs: number): () => void {
  const timer = setInterval(() => {
    for (const delivery of held()) delivery.working();
  }, ackWaitMs / 3).unref();
  return () => clearInterval(timer);
}
