import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAM } from '../subjects.ts';
import { furthest, type ConsumerPage } from './consumer-page.ts';
import { epochOf } from './stream.ts';

export interface StreamState {
  readonly epoch: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

const ANSWER_WITHIN_MS = 2_000;
/** A cluster waits for 4 s for those that nobody answers for, before it names them. */
const LIST_WITHIN_MS = 6_000;

/** What tells one message from another at the same place. */
export interface StoredMessage {
  /** The event's; a filler has none. */
  readonly id: string | undefined;
  /** Epoch milliseconds. */
  readonly storedAt: number;
}

/** What the stream's leader says of it. Replicas may lag behind, so none of this is a direct get. */
export class StreamReader {
  constructor(private readonly nc: NatsConnection) {}

  async state(): Promise<StreamState> {
    const { created, state } = await (await this.manager()).streams.info(STREAM);
    return { epoch: epochOf(created), firstSeq: state.first_seq, lastSeq: state.last_seq };
  }

  /** The highest sequence that any consumer believes to have had. */
  async delivered(): Promise<number> {
    let highest = 0;
    for (let offset = 0, total = 1; offset < total; ) {
      const page = await this.consumers(offset);
      // Pages of a list that changes meanwhile overlap or leave somebody out.
      if (offset > 0 && page.total !== total) return this.delivered();
      highest = Math.max(highest, furthest(page));
      const listed = page.consumers?.length ?? 0;
      total = listed === 0 ? 0 : page.total;
      offset += listed;
    }
    return highest;
  }

  /** Where the last message of a subject lies; 0 where there is none. */
  async lastOf(subject: string): Promise<number> {
    const message = await (await this.manager()).streams.getMessage(STREAM, { last_by_subj: subject });
    return message?.seq ?? 0;
  }

  /** Which event lies there; undefined where there is none. */
  async eventIdAt(seq: number): Promise<string | undefined> {
    return (await this.storedMessageAt(seq))?.id;
  }

  /** What lies there, a filler too; undefined when nothing does. */
  async storedMessageAt(seq: number): Promise<StoredMessage | undefined> {
    const message = await (await this.manager()).streams.getMessage(STREAM, { seq });
    return message ? { id: message.header?.get('ce-id').toLowerCase() || undefined, storedAt: message.time.getTime() } : undefined;
  }

  private async consumers(offset: number): Promise<ConsumerPage> {
    const reply = await this.nc.request(`$JS.API.CONSUMER.LIST.${STREAM}`, JSON.stringify({ offset }), { timeout: LIST_WITHIN_MS });
    return reply.json<ConsumerPage>();
  }

  private manager(): Promise<JetStreamManager> {
    return jetstreamManager(this.nc, { checkAPI: false, timeout: ANSWER_WITHIN_MS });
  }
}
