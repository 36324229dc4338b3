import { STREAM } from '../subjects.ts';

/** A piece of the list of a stream's consumers. */
export interface ConsumerPage {
  readonly total: number;
  readonly consumers: readonly { delivered: { stream_seq: number } }[] | null;
  /** Those that nobody answers for at the moment. */
  readonly missing?: readonly string[] | null;
  readonly error?: { description: string };
}

/** What a screen's gateway follows the stream with lives in one server's memory and goes down with it. It is made anew. */
const passing = /^realtime_/;

/**
 * The highest sequence that any of these consumers believes to have had. Throws while that of a durable is not known:
 * below it nothing may be stored. Those that cannot outlive their server have had nothing that they could miss.
 */
export function furthest({ consumers, missing, error }: ConsumerPage): number {
  if (error) throw new Error(`The consumers of ${STREAM} cannot be listed: ${error.description}`);
  const unknown = (missing ?? []).filter((name) => !passing.test(name));
  if (unknown.length > 0) throw new Error(`How far these consumers are is not known yet: ${unknown.join(', ')}`);
  return Math.max(0, ...(consumers ?? []).map(({ delivered }) => delivered.stream_seq));
}
