import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAM } from '../subjects.ts';
import { epochOf } from './stream.ts';

export interface StreamState {
  readonly epoch: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

interface ConsumerPage {
  readonly total: number;
  readonly consumers: readonly { delivered: { stream_seq: number } }[] | null;
  /** Those that nobody answers for at the moment. */
  readonly missing?: readonly string[] | null;
  readonly error?: { description: string };
}

const ANSWER_WITHIN_MS = 2_000;

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
      const consumers = page.consumers ?? [];
      highest = consumers.reduce((most, { delivered }) => Math.max(most, delivered.stream_seq), highest);
      total = consumers.length === 0 ? 0 : page.total;
      offset += consumers.length;
    }
    return highest;
  }

  /** Which event lies there; undefined where there is none. */
  async eventIdAt(seq: number): Promise<string | undefined> {
    const message = await (await this.manager()).streams.getMessage(STREAM, { seq });
    return message?.header?.get('ce-id').toLowerCase() || undefined;
  }

  /** Epoch milliseconds; undefined when nothing lies there. */
  async storedAt(seq: number): Promise<number | undefined> {
    return (await (await this.manager()).streams.getMessage(STREAM, { seq }))?.time.getTime();
  }

  private async consumers(offset: number): Promise<ConsumerPage> {
    const reply = await this.nc.request(`$JS.API.CONSUMER.LIST.${STREAM}`, JSON.stringify({ offset }), { timeout: ANSWER_WITHIN_MS });
    const page = reply.json<ConsumerPage>();
    if (page.error) throw new Error(`The consumers of ${STREAM} cannot be listed: ${page.error.description}`);
    if (page.missing?.length) throw new Error(`How far these consumers are is not known yet: ${page.missing.join(', ')}`);
    return page;
  }

  private manager(): Promise<JetStreamManager> {
    return jetstreamManager(this.nc, { checkAPI: false, timeout: ANSWER_WITHIN_MS });
  }
}
