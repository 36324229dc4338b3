import { nanos, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { ConnectionLine } from '../stream/connection-line.ts';
import { watchConnectivity } from '../stream/connectivity.ts';
import { privateInbox } from '../stream/private-inbox.ts';
import { STREAM } from '../subjects.ts';
import { AT_HAND } from './batch-size.ts';
import { Delivery } from './delivery.ts';

const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 2_500;
const SILENCE_MS = 2 * HEARTBEAT_MS + 1_000;
const AGAIN_MS = 100;

/** The server ended the request: nothing is wrong with the consumer, so ask again. */
const passing = new Set([404, 408]);

interface PullerEvents {
  /** What a delivery of now comes on. */
  line(): ConnectionLine;
  arrived(delivery: Delivery): void;
  /** Nothing has come for a while, and the server says that it is still there. */
  idle(): void;
  /** The consumer is gone, or nobody answers for it: it has to be looked after before pulling makes sense. */
  lost(reason: string): void;
}

/**
 * Keeps messages at hand: asks for more as they are taken, never for more than it will hold.
 * The client library's own `consume` waits for up to its whole expiry after a restart of the server; this one asks again at once.
 */
export class Puller {
  private readonly inbox: string;
  private readonly replies: Subscription;
  private readonly unwatch: () => void;
  private readonly watchdog: NodeJS.Timeout;
  private readonly atHand: Delivery[] = [];
  private asked = 0;
  private silences = 0;
  private heardAt = performance.now();
  private connected = true;
  private closed = false;

  constructor(
    private readonly nc: NatsConnection,
    private readonly durable: string,
    private readonly events: PullerEvents,
  ) {
    this.inbox = privateInbox(nc);
    this.replies = nc.subscribe(this.inbox, { callback: (fault, message) => (fault ? events.lost(fault.message) : this.hear(message)) });
    this.unwatch = watchConnectivity(nc, (connected) => {
      this.connected = connected;
      this.asked = 0;
      this.ask();
    });
    this.watchdog = setInterval(() => this.listenForSilence(), SILENCE_MS / 4).unref();
    this.ask();
  }

  get held(): readonly Delivery[] {
    return this.atHand;
  }

  take(max: number): Delivery[] {
    const taken = this.atHand.splice(0, max);
    this.ask();
    return taken;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.watchdog);
    this.unwatch();
    this.replies.unsubscribe();
  }

  private ask(): void {
    const room = AT_HAND - this.atHand.length - this.asked;
    if (this.closed || !this.connected || room < AT_HAND / 2) return;
    this.asked += room;
    this.heardAt = performance.now();
    const order = { batch: room, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) };
    this.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${this.durable}`, JSON.stringify(order), { reply: this.inbox });
  }

  private hear(message: Msg): void {
    this.heardAt = performance.now();
    this.silences = 0;
    if (message.subject !== this.inbox) {
      this.asked = Math.max(0, this.asked - 1);
      const delivery = new Delivery(message, this.events.line());
      this.atHand.push(delivery);
      this.events.arrived(delivery);
      this.ask();
      return;
    }
    const { code, description } = message.headers ?? { code: 503, description: 'No responders' };
    if (code === 100) {
      if (this.atHand.length === 0) this.events.idle();
      return;
    }
    const left = Number(message.headers?.get('Nats-Pending-Messages') || this.asked);
    this.asked = Math.max(0, this.asked - left);
    if (passing.has(code)) this.ask();
    else if (code === 409 && !/deleted|push based/i.test(description)) setTimeout(() => this.ask(), AGAIN_MS).unref();
    else this.events.lost(description || `status ${code}`);
  }

  private listenForSilence(): void {
    if (!this.connected || this.asked === 0 || performance.now() - this.heardAt < SILENCE_MS) return;
    this.asked = 0;
    this.silences += 1;
    if (this.silences > 1) this.events.lost('The server is silent');
    else this.ask();
  }
}
