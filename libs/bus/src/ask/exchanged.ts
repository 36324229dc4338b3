import { fact } from '../trace/facts.ts';
import type { Span } from '../trace/span.ts';
import type { Reply } from './exchange.ts';

const BROKEN = 500;

/** The span of an exchange ends with its answer. A refusal is one; that something is broken or away is a fault. */
export async function exchanged<Answer>(span: Span, work: () => Promise<Answer>): Promise<Answer> {
  try {
    const answer = await work();
    const { status } = answer as Partial<Reply>;
    if (status === undefined) span.end();
    else span.note({ [fact.status]: status }).end(status >= BROKEN ? String(status) : undefined);
    return answer;
  } catch (fault) {
    span.end(fault);
    throw fault;
  }
}
