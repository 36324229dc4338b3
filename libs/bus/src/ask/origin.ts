import type { Origin } from '../context.ts';
import { header, type Headers } from './exchange.ts';

const LONGEST_AGENT = 300;

/** What a client calls itself is its own to choose: what is no printable ASCII or goes on for ever is not carried along. */
export const originOf = (address: string, agent: string | undefined): Origin => {
  const plain = agent?.replace(/[^\x20-\x7e]/g, '?').trim().slice(0, LONGEST_AGENT);
  return plain ? { address, agent: plain } : { address };
};

export function readOrigin(headers: Headers): Origin | undefined {
  const address = headers(header.clientAddress);
  return address === undefined ? undefined : originOf(address, headers(header.clientAgent));
}

export function writeOrigin({ address, agent }: Origin, sent: Map<string, string>): void {
  sent.set(header.clientAddress, address);
  if (agent !== undefined) sent.set(header.clientAgent, agent);
}
