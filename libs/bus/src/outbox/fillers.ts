import { reach } from '../fail-points.ts';
import { FILLER_SUBJECT, FORGOT_SUBJECT } from '../subjects.ts';
import type { AckedPublisher } from './publisher.ts';

const AT_ONCE = 1_000;
const NOTHING = Buffer.alloc(0);

/**
 * Publishes messages that say nothing until the stream's last sequence is at least `to`, or the time is up. Whoever else
 * does the same at the same time shortens the way: each acknowledgement says how far the stream is by now.
 * Answers how many it were.
 */
export function fill(publisher: AckedPublisher, from: number, to: number, withinMs: number): Promise<number> {
  const timeIsUp = performance.now() + withinMs;
  return new Promise((resolve, reject) => {
    let [last, filled, inFlight] = [from, 0, 0];
    let failed: Error | undefined;
    const goOn = () => {
      while (!failed && inFlight < AT_ONCE && last + inFlight < to && performance.now() < timeIsUp) {
        reach('relay.filling');
        inFlight += 1;
        publisher.publish({ subject: FILLER_SUBJECT, headers: {}, payload: NOTHING }, (stored, fault) => {
          inFlight -= 1;
          if (stored) {
            filled += 1;
            last = Math.max(last, stored.seq);
          } else failed ??= fault ?? new Error('A filler was not acknowledged');
          goOn();
        });
      }
      if (inFlight > 0) return;
      if (failed) reject(failed);
      else resolve(filled);
    };
    goOn();
  });
}

/** For replicas: they are told in the stream itself, where nobody can be away. */
export function tellForgotten(publisher: AckedPublisher): Promise<void> {
  return new Promise((resolve, reject) => {
    publisher.publish({ subject: FORGOT_SUBJECT, headers: {}, payload: NOTHING }, (stored, fault) => {
      if (stored) resolve();
      else reject(fault ?? new Error('The mark of a loss was not acknowledged'));
    });
  });
}
