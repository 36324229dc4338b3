import type { StreamState } from '../stream/stream-reader.ts';

export const LOST_ITS_END = 'the stream lost its end';

/** What is remembered of a replica. */
export interface ReplicaState {
  /** Counts the times it was begun, so that whoever still works on an earlier one notices. */
  readonly build: number;
  /** The stream that it follows. */
  readonly epoch: string;
  /** Nothing up to this sequence is missing from it, once it is complete. */
  readonly followedTo: number;
  /** Where the build goes on. */
  readonly cursor: string | undefined;
  readonly items: number;
  readonly complete: boolean;
}

/**
 * Why following this stream cannot make the replica whole, or undefined where it can. The durable's own acknowledgement
 * floor would not tell: while its noun is quiet it stays behind what other nouns lose, and the next acknowledgement after
 * a gap takes it across, as does an event that ages out in somebody's hand. `forgotAt` is where a relay last told of a loss
 * that it could not make good; 0 where none ever did.
 */
export function whyBuild(replica: ReplicaState | undefined, stream: StreamState, forgotAt: number): string | undefined {
  if (!replica) return 'it never was';
  if (replica.epoch !== stream.epoch) return 'the stream was made anew';
  if (replica.followedTo > stream.lastSeq) return LOST_ITS_END;
  if (replica.followedTo + 1 < stream.firstSeq) return 'the stream has forgotten what was not heard';
  if (replica.followedTo < forgotAt) return 'the stream lost events that nobody can send again';
  return undefined;
}
