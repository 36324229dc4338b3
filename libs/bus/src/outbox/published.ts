import { fact } from '../trace/facts.ts';
import { beginSpan } from '../trace/span.ts';
import type { OutboxRow } from './chains.ts';
import type { Settle } from './publisher.ts';

/** The span of a publication ends with the stream's acknowledgement, or with what came in its place. */
export function publishedBy(service: string, { event_id, subject, headers }: OutboxRow, settle: Settle): Settle {
  const span = beginSpan('published', subject, headers['traceparent']);
  if (!span) return settle;
  span.note({ [fact.service]: service, [fact.event]: event_id });
  return (stored, fault) => {
    if (stored) span.note({ [fact.seq]: stored.seq }).end();
    else span.end(fault);
    settle(stored, fault);
  };
}
