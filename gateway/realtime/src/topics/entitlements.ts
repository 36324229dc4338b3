import { continueTrace, within, type Asker } from '@mela/bus';
import { isRefusal, parseTopic, type Catalogue, type Hearing, type Refusal } from '@mela/contracts';
import type { z } from 'zod';
import type { RecentEvents } from '../history/recent-events.ts';
import type { Rights } from '../history/rights.ts';
import { UnknownTopic } from '../protocol/faults.ts';

/** What a person may hear: all that happened after `from`, for as long as the scope is theirs. */
export interface Entitlement {
  readonly scope: string;
  readonly from: number;
}

interface Parts {
  readonly catalogue: Pick<Catalogue, 'topics' | 'operations'>;
  readonly asker: Pick<Asker, 'ask'>;
  readonly rights: Rights;
  readonly recent: RecentEvents;
  /** The last place that was heard. */
  readonly end: () => number;
}

/** The event of a right that its owner knows of is on its way; should it never come, nothing from before is told. */
const ON_ITS_WAY_MS = 5_000;
/** Clocks of services and of the stream differ a little. */
const CLOCKS_DIFFER_MS = 5_000;

/** Asks a topic's owner whether a person may hear it, in that person's name, and finds where in the stream the right began. */
export class Entitlements {
  constructor(
    private readonly parts: Parts,
    private readonly now: () => number = Date.now,
  ) {}

  async ask(topic: string, personId: string, token: string): Promise<Entitlement | Refusal> {
    const { catalogue, asker } = this.parts;
    const kind = catalogue.topics.get(parseTopic(topic)?.kind ?? '');
    const operation = kind && catalogue.operations.get(kind.grantedBy);
    if (!operation) return UnknownTopic();
    const answer = (await within({ traceparent: continueTrace(undefined), token }, () => asker.ask(operation, { topic }))) as
      | z.output<typeof Hearing>
      | Refusal;
    if (isRefusal(answer)) return answer;
    return { scope: answer.scope, from: await this.beginning({ personId, scope: answer.scope }, Date.parse(answer.since)) };
  }

  private async beginning(right: { personId: string; scope: string }, since: number): Promise<number> {
    const { rights, recent, end } = this.parts;
    const known = rights.beginningOf(right);
    if (known !== undefined) return known - 1;
    // Older than all that could be told, and come long ago: where the past that is known is young, that alone says nothing.
    const mayBeOnItsWay = since >= this.now() - ON_ITS_WAY_MS - CLOCKS_DIFFER_MS;
    if (!mayBeOnItsWay && since < recent.since + CLOCKS_DIFFER_MS) return 0;
    const began = await rights.soon(right, ON_ITS_WAY_MS);
    return began === undefined ? end() : began - 1;
  }
}
