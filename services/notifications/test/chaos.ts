import type { Workload } from '@mela/testkit/chaos';
import { arrives } from './chaos/arrives.ts';
import { madeUp } from './chaos/made-up.ts';
import { owedOnce } from './chaos/owed-once.ts';

/** It is told by others what there is to say, and says it by mail: what came is in the history. */
export const workload: Workload = {
  service: 'notifications',
  aggregates: {},
  rows: { mail: 'SELECT id::text AS id, about, subject_id::text AS "subjectId", state, reason FROM mail' },
  waits: `SELECT count(*)::int AS waiting FROM mail WHERE state = 'waiting'`,
  acts: [],
  probe: async (prober) => {
    await prober.receives();
    return [];
  },
  effects: {},
  invariants: [owedOnce, arrives, madeUp],
};
