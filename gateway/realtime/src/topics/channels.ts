import { reach } from '@mela/bus';
import { Message, type Frame } from '../protocol/message.ts';
import type { Subscription } from './subscription.ts';

// A message is read whole before its first frame is: batches stay small enough for a phone.
const BYTES_PER_MESSAGE = 65_536;

/** One topic: who hears it as it happens, and what is to be told at the end of this turn. */
class Channel {
  readonly listeners = new Set<Subscription>();
  private pending: Frame[] = [];

  tell(frame: Frame): void {
    this.pending.push(frame);
  }

  /** The place where the bytes meet the sockets, and nowhere else. */
  flush(): void {
    if (this.pending.length === 0) return;
    const frames = this.pending;
    this.pending = [];
    for (const message of batches(frames)) for (const listener of this.listeners) listener.hear(message);
    reach('realtime.told');
  }
}

/**
 * Who hears what, across all connections. What happens within one turn of the event loop leaves together: a quiet gateway
 * tells at once, and one that is run over tells many events in the time that a write takes.
 */
export class Channels {
  private readonly channels = new Map<string, Channel>();
  private readonly untold = new Set<Channel>();
  private turn: NodeJS.Immediate | undefined;
  /** Of all connections, also those that wait for an answer or catch up. */
  subscriptions = 0;

  constructor(private readonly stirred: () => void = () => undefined) {}

  /** Everybody has been told everything that was heard. */
  get isQuiet(): boolean {
    return this.turn === undefined;
  }

  listenersOf(topic: string): number {
    return this.channels.get(topic)?.listeners.size ?? 0;
  }

  /** Told to those who listen now, before anybody joins or leaves. */
  tell(topic: string, frame: Frame): void {
    const channel = this.channels.get(topic);
    if (!channel) return;
    if (this.isQuiet) this.stirred();
    channel.tell(frame);
    this.untold.add(channel);
    this.turn ??= setImmediate(() => this.tellNow());
  }

  /** Whoever joins has been told everything so far, including what the others hear at the end of this turn. */
  join(subscription: Subscription): void {
    const channel = this.channels.get(subscription.topic) ?? new Channel();
    this.channels.set(subscription.topic, channel);
    channel.flush();
    channel.listeners.add(subscription);
  }

  /** Whoever leaves has a right to what happened before. */
  leave(subscription: Subscription): void {
    const channel = this.channels.get(subscription.topic);
    if (!channel?.listeners.has(subscription)) return;
    channel.flush();
    channel.listeners.delete(subscription);
    if (channel.listeners.size === 0) this.channels.delete(subscription.topic);
  }

  /** Before the turn is over, too: feeds tell out of the recent past, and it may be about to be forgotten. */
  tellNow(): void {
    const untold = [...this.untold];
    this.untold.clear();
    for (const channel of untold) channel.flush();
    clearImmediate(this.turn);
    this.turn = undefined;
  }
}

function* batches(frames: readonly Frame[]): Generator<Message> {
  let batch: Frame[] = [];
  let bytes = 0;
  for (const frame of frames) {
    if (batch.length > 0 && bytes + frame.line.length > BYTES_PER_MESSAGE) {
      yield new Message(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(frame);
    bytes += frame.line.length;
  }
  yield new Message(batch);
}
