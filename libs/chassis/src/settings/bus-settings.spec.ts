import { describe, expect, it } from 'vitest';
import { busEnvironment, busSettings, busUrlOf } from './bus-settings.ts';
import { readSettings, type SettingsFault } from './settings.ts';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings({ bus: busSettings('shop') }, environment);
    return [];
  } catch (fault) {
    return (fault as SettingsFault).faults;
  }
}

describe('the way into the message bus', () => {
  it('takes no password in development, where there may be none', () => {
    expect(faultsOf({ NATS_URL: 'nats://bus:4222' })).toEqual([]);
  });

  it('takes a password of its own in production, or an address that names a user', () => {
    const production = { MELA_ENV: 'production', NATS_URL: 'tls://bus:4222' };
    expect(faultsOf(production)).toEqual([expect.stringMatching(/^SHOP_NATS_PASSWORD: is missing \(Password of the user shop/)]);
    expect(faultsOf({ ...production, SHOP_NATS_PASSWORD: 'short' })).toEqual([expect.stringContaining('shorter than 16')]);
    expect(faultsOf({ ...production, SHOP_NATS_PASSWORD: 'f'.repeat(32) })).toEqual([]);
    expect(faultsOf({ ...production, NATS_URL: 'tls://me:secret@bus:4222' })).toEqual([]);
  });

  it('is one address for all, and a password for each', () => {
    const address = 'nats://mela:secret@one:4222,nats://mela:secret@two:4222';
    const environment = busEnvironment(address, { shop: 'a', till: 'b' });
    expect(environment).toEqual({ NATS_URL: 'nats://one:4222,nats://two:4222', SHOP_NATS_PASSWORD: 'a', TILL_NATS_PASSWORD: 'b' });
    expect(busEnvironment(address, {})).toEqual({ NATS_URL: address });
    expect(busUrlOf('shop', environment)).toBe('nats://shop:a@one:4222,nats://shop:a@two:4222');
    expect(busUrlOf('shop', { ...environment, NATS_URL: address })).toBe(address);
    expect(busUrlOf('nobody', environment)).toBe(environment['NATS_URL']);
  });
});
