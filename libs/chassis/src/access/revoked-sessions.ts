import { Follower, overhear, type Log } from '@mela/bus';
import { SessionRevoked } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';

/** An access token lives so long at the most: after that a session that has ended needs no remembering. */
const REMEMBERED_MS = 24 * 60 * 60_000;

/** What a service is told of besides the keys. */
export const overheardEnds = [SessionRevoked] as const;

type Heard = (session: { readonly sessionId: string; readonly userId: string }) => void;

/**
 * The sessions whose tokens are no good any more though they have not expired: whoever signed out, or was signed out, is
 * turned away within a moment of the event that says so, wherever they come in.
 */
export class RevokedSessions {
  /** By session, when it was heard of: the oldest in front. */
  private readonly ended = new Map<string, number>();
  private follower: Pick<Follower<typeof SessionRevoked>, 'fault'> | undefined;

  constructor(private readonly now: () => number = Date.now) {}

  /** What keeps it from hearing of more, if anything does: until then a token may be taken whose session has ended. */
  get fault(): string | undefined {
    return this.follower ? this.follower.fault : 'is not followed';
  }

  has(sessionId: string): boolean {
    return this.ended.has(sessionId);
  }

  note(sessionId: string): void {
    const oldest = this.now() - REMEMBERED_MS;
    for (const [known, at] of this.ended) {
      if (at >= oldest) break;
      this.ended.delete(known);
    }
    // Heard again after a break it is the latest, so that the oldest stay in front.
    this.ended.delete(sessionId);
    this.ended.set(sessionId, this.now());
  }

  /** Answers when it knows all that ended lately; and how it is stopped. */
  async follow(parts: { nc: NatsConnection; name: string; log: Log }, heard: Heard = () => undefined): Promise<() => Promise<void>> {
    const follower = new Follower({
      ...parts, event: SessionRevoked, sinceMs: REMEMBERED_MS,
      heard: ({ data }) => {
        this.note(data.sessionId);
        heard(data);
      },
    });
    this.follower = follower;
    await follower.start();
    return () => follower.stop();
  }

  /**
   * For services, which nobody reaches but through a gateway that follows: told without a consumer, and not of what ended before or while
   * the line was down. Answers how it is stopped.
   */
  overhear(parts: { nc: NatsConnection; log: Log }): () => void {
    return overhear({ ...parts, events: overheardEnds, heard: ({ data }) => this.note(data.sessionId) });
  }
}
