import type { ServerResponse } from 'node:http';
import type { Closing } from '../protocol/close-codes.ts';
import { Message } from '../protocol/message.ts';
import { farewell } from '../protocol/outgoing.ts';
import type { Wire } from '../socket/wire.ts';

const CLOSES_WITHIN_MS = 5_000;
const RETRY_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;

/** One answer that does not end: Server-Sent Events, which a browser's EventSource reads. */
export class ServerSentWire implements Wire {
  readonly transport = 'sse';
  /** The cursor to go on from; while it is not known, the last one that was sent holds. */
  place: () => string | undefined = () => undefined;
  private keepsPlace = false;
  private ended = false;

  constructor(private readonly response: ServerResponse) {}

  get isOpen(): boolean {
    return !this.ended && !this.response.destroyed;
  }

  get waiting(): number {
    return this.response.writableLength;
  }

  /** Each client is told a pause of its own before it comes back, so that not all do at once. */
  begin(): void {
    // Nginx would gather the answer before it hands anything on.
    this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    this.response.write(`retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n\n`);
  }

  write(message: Message): void {
    this.response.write(this.keepsPlace ? message.serverSentWithoutIds : message.serverSent);
  }

  /** A comment, and the place: where nothing happens for long, the last event's would be forgotten. */
  ping(): void {
    const place = this.keepsPlace ? undefined : this.place();
    this.response.write(place === undefined ? ':\n\n' : `:\nid: ${place}\n\n`);
  }

  whenRead(then: () => void): void {
    if (this.response.writableNeedDrain) this.response.once('drain', then);
    else setImmediate(then);
  }

  /** An EventSource sends the last id that it was told. */
  keepPlace(): void {
    this.keepsPlace = true;
  }

  end(why: Closing): void {
    this.ended = true;
    // Whoever does not read does not read the farewell either.
    const timer = setTimeout(() => this.response.destroy(), CLOSES_WITHIN_MS);
    this.response.once('close', () => clearTimeout(timer)).end(Message.of(farewell(why)).serverSent);
  }
}
