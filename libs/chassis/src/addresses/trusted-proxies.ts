import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

type Subnet = readonly [network: string, prefix: number];

const WELL_KNOWN: Readonly<Record<string, readonly Subnet[]>> = {
  loopback: [['127.0.0.0', 8], ['::1', 128]],
  linklocal: [['169.254.0.0', 16], ['fe80::', 10]],
  uniquelocal: [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['fc00::', 7]],
};

const listOf = (text: string): string[] => text.split(',').map((part) => part.trim()).filter((part) => part !== '');
const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
  return Object.hasOwn(WELL_KNOWN, text) || (bits > 0 && more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)));
}

/**
 * Read by every gateway that counts by address. Believing everybody's `X-Forwarded-For` is no choice here: a client
 * would write the address that it is counted by.
 */
export const trustedProxies = z
  .string()
  .default('false')
  .transform((text) => (text === 'false' ? (false as const) : listOf(text)))
  .refine((trusted) => trusted === false || trusted.every(isNetwork), 'is to be false, or addresses and networks separated by commas')
  .describe('Addresses and networks of the balancers in front (10.0.0.0/8, uniquelocal), so that a client is known by its own address');
export type TrustedProxies = z.output<typeof trustedProxies>;

/** Whether an address is one of the balancers in front. */
export function trusts(trusted: TrustedProxies): (address: string) => boolean {
  const list = new BlockList();
  for (const text of trusted || [])
    for (const [network, prefix] of WELL_KNOWN[text] ?? [subnetOf(text)]) list.addSubnet(network, prefix, familyOf(network));
  return (address) => {
    const plain = address.split('%', 1)[0]!;
    return isIP(plain) !== 0 && list.check(plain, familyOf(plain));
  };
}

function subnetOf(text: string): Subnet {
  const [address = '', prefix] = text.split('/');
  return [address, prefix === undefined ? (isIP(address) === 6 ? 128 : 32) : Number(prefix)];
}

/** Whose request it is: the nearest on its way that is no balancer of ours. What a balancer wrote is believed, and nobody else. */
export function clientAddress(remote: string, forwardedFor: string | undefined, isTrusted: (address: string) => boolean): string {
  let client = remote;
  for (const before of listOf(forwardedFor ?? '').reverse()) {
    if (!isTrusted(client) || isIP(before) === 0) break;
    client = before;
  }
  return client;
}
