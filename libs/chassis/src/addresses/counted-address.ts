import { isIPv6 } from 'node:net';

/**
 * What an address is counted as. Whoever has one IPv6 address has the 2⁶⁴ beside it too, so those count as one;
 * an IPv4 address that comes dressed as IPv6 is itself.
 */
export function countedAddress(address: string): string {
  const plain = address.split('%', 1)[0]!;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(':')}::` : plain;
}

function groupsOf(address: string): string[] {
  const [before = '', after] = address.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const gap = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...gap, ...tail].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}
