import { continueTrace, within, type Asker } from '@mela/bus';
import { parseTopic, type Catalogue, type Hearing, type Refusal } from '@mela/contracts';
import type { z } from 'zod';
import { UnknownTopic } from '../protocol/faults.ts';

/** Asks a topic's owner whether a person may hear it, in that person's name. */
export class Grants {
  constructor(
    private readonly catalogue: Pick<Catalogue, 'topics' | 'operations'>,
    private readonly asker: Asker,
  ) {}

  async ask(topic: string, token: string): Promise<z.output<typeof Hearing> | Refusal> {
    const kind = this.catalogue.topics.get(parseTopic(topic)?.kind ?? '');
    const operation = kind && this.catalogue.operations.get(kind.grantedBy);
    if (!operation) return UnknownTopic();
    const answer = await within({ traceparent: continueTrace(undefined), token }, () => this.asker.ask(operation, { topic }));
    return answer as z.output<typeof Hearing> | Refusal;
  }
}
