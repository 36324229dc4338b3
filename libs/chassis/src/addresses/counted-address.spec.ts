import { describe, expect, it } from 'vitest';
import { countedAddress } from './counted-address.ts';

describe('an address is counted as', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['2001:DB8:0001:2::', '2001:db8:1:2::'],
    ['2001:db8::1', '2001:db8:0:0::'],
    ['fe80::1%eth0', 'fe80:0:0:0::'],
    ['::1', '0:0:0:0::'],
  ])('%s → %s', (address, counted) => {
    expect(countedAddress(address)).toBe(counted);
  });
});
