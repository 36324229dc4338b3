import type { Caller, Exchange } from '@mela/bus';
import { id, type Operation } from '@mela/contracts';

export const ASHA: Caller = { personId: id(11), sessionId: 'session', role: 'member' };
export const RAVI: Caller = { personId: id(12), sessionId: 'session', role: 'member' };

interface Given {
  caller?: Caller;
  input?: object;
  headers?: Record<string, string>;
}

/** A request as the wrappers' specs need it, on its way between two of them. */
export const exchangeOf = (operation: Operation, { caller, input = {}, headers = {} }: Given = {}): Exchange => ({
  operation, body: new Uint8Array(), headers: (name) => headers[name], replyHeaders: new Map(), caller, input,
});
