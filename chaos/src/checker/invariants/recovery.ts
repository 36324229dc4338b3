import type { Judge } from './judge.ts';

const invariant = 'I6';

/** Whatever struck, Mela works again soon after it was healed, and without a person. */
export const recovery: Judge = ({ history }, _workloads, { recoverWithinMs }) =>
  history.flatMap((entry) => {
    if (entry.kind !== 'struck') return [];
    const { fault, at, calmAt, recoveredAt } = entry;
    const about = [faultId(entry)];
    if (recoveredAt === undefined) return [{ invariant, what: `Mela never recovered from "${fault}", which struck at ${at} ms and was over at ${calmAt} ms`, about }];
    const took = recoveredAt - calmAt;
    if (took <= recoverWithinMs) return [];
    return [{ invariant, what: `Mela recovered from "${fault}" ${took} ms after it was over at ${calmAt} ms, and ${recoverWithinMs} ms are allowed`, about }];
  });

/** Faults have no ids of their own: a name and a moment. */
export const faultId = ({ fault, at }: { fault: string; at: number }): string => `${fault}@${at}`;
