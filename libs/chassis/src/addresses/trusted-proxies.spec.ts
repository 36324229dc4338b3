import { describe, expect, it } from 'vitest';
import { clientAddress, trustedProxies, trusts } from './trusted-proxies.ts';

const trusting = (text: string) => trusts(trustedProxies.parse(text));

describe('balancers in front', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['linklocal', 'fe80::1%eth0', true],
    ['loopback', '::1', true],
    ['uniquelocal', '172.31.0.1', true],
    ['uniquelocal', '172.32.0.1', false],
    ['false', '127.0.0.1', false],
    ['loopback', 'unknown', false],
  ])('%s: %s is one of them: %s', (setting, address, expected) => {
    expect(trusting(setting)(address)).toBe(expected);
  });
});

describe('whose request it is', () => {
  it.each([
    ['the one who connects, when nobody is trusted', 'false', '127.0.0.1', '192.0.2.7', '127.0.0.1'],
    ['the one that a balancer tells of', 'loopback', '127.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['not who the client says it is', 'loopback', '127.0.0.1', '198.51.100.1, 192.0.2.7', '192.0.2.7'],
    ['the one before all balancers', 'loopback, 10.0.0.0/8', '127.0.0.1', '192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['the balancer, when it says nothing', 'loopback', '127.0.0.1', undefined, '127.0.0.1'],
    ['the balancer, when it says nonsense', 'loopback', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['the furthest, when all are ours', 'loopback, 10.0.0.0/8', '127.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ])('is %s', (_what, setting, remote, forwarded, expected) => {
    expect(clientAddress(remote, forwarded, trusting(setting))).toBe(expected);
  });
});
