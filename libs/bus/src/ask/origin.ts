import type { Origin } from '../context.ts';
import { header, type Headers } from './exchange.ts';

const LONGEST_AGENT = 300;

/** What a client calls itself is its own to choose: what is no printable ASCII or goes on for ever is not carried along. An IPv4 address dressed as IPv6 is itself. */
export const originOf = (address: string, agent: string | undefined): Origin => {
  const plain = agent?.replace(/[^\x20-\x7e]/g, '?').trim().slice(0, LONGEST_AGENT);
  const itself = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return plain ? { address: itself, agent: plain } : { address: itself };
};

export function readOrigin(headers: Headers): Origin | undefined {
  const address = headers(header.clientAddress);
  return address === undefined ? undefined : originOf(address, headers(header.clientAgent));
}

export function writeOrigin({ address, agent }: Origin, sent: Map<string, string>): void {
  sent.set(header.clientAddress, address);
  if (agent !== undefined) sent.set(header.clientAgent, agent);
}
