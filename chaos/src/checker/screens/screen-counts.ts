import type { Entry } from '@mela/testkit/chaos';
import { followingsIn } from './spans.ts';

/** How much the screens went through. */
export interface ScreenCounts {
  /** Those that ever heard a topic as it happened. */
  readonly live: number;
  /** Topics that went on where they were, on another line than before, by its transport. */
  readonly resumes: Readonly<Record<string, number>>;
  /** Lines that broke, and were not given up. */
  readonly broken: number;
  /** Topics that had to be read anew, since the gateway could not go on from there. */
  readonly holes: number;
  /** From the breaking of a line until a topic of its screen was live again. */
  readonly longestAway: { readonly ms: number; readonly screen: number; readonly who: string } | undefined;
}

export function screenCountsOf(history: readonly Entry[]): ScreenCounts {
  const live = new Set<number>();
  const ways = new Map<string, string>();
  const lostAt = new Map<number, number>();
  let broken = 0;
  let longestAway: ScreenCounts['longestAway'];
  for (const entry of history) {
    if (entry.kind !== 'followed') continue;
    const { screen, who, at, connection } = entry;
    if (entry.what === 'connected') ways.set(`${screen} ${connection}`, entry.way);
    if (entry.what === 'lost' && !entry.asleep) {
      broken += 1;
      if (!lostAt.has(screen)) lostAt.set(screen, at);
    }
    if (entry.what !== 'live') continue;
    live.add(screen);
    const ms = at - (lostAt.get(screen) ?? at);
    lostAt.delete(screen);
    if (ms > (longestAway?.ms ?? 0)) longestAway = { ms, screen, who };
  }
  const followings = followingsIn(history);
  const resumed = followings.flatMap(({ screen, spans }) => spans.flatMap(({ resumes }) => resumes.map(({ connection }) => ways.get(`${screen} ${connection}`) ?? 'unknown')));
  return {
    live: live.size,
    resumes: Object.fromEntries([...Map.groupBy(resumed, (way) => way)].map(([way, all]) => [way, all.length])),
    broken,
    holes: followings.reduce((sum, { spans }) => sum + spans.filter(({ after }) => after !== undefined).length, 0),
    longestAway,
  };
}
