import type { Position } from '@mela/bus';
import type { Refusal } from '@mela/contracts';
import { closing } from '../protocol/close-codes.ts';
import type { Connection } from '../socket/connection.ts';

/**
 * One connection's ear for one topic. Until the right to hear is granted it keeps what it hears; so nothing falls
 * between the check and the registration, and nothing is said before the grant.
 */
export class Subscription {
  /** Settled when the topic's owner has answered: undefined when granted. */
  granted: Promise<Refusal | undefined> = Promise.resolve(undefined);
  private held: Buffer[] | undefined = [];
  private heldBytes = 0;

  constructor(
    readonly connection: Connection,
    readonly topic: string,
    /** Everything after it is heard. */
    readonly from: Position,
    private readonly maxHeld: number,
  ) {}

  hear(frame: Buffer): void {
    if (!this.held) return this.connection.deliver(frame);
    this.heldBytes += frame.length;
    if (this.heldBytes > this.maxHeld) return this.connection.close(closing.slow);
    this.held.push(frame);
  }

  /** Lets out what was kept, between the frame that announces it and the one that says that it is through. */
  open(announced: string, through: string): void {
    const held = this.held ?? [];
    this.held = undefined;
    if (held.length === 0) this.connection.send(announced, through);
    else this.connection.deliverAll([Buffer.from(announced), ...held, Buffer.from(through)]);
  }
}
