import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { envExample } from './env-example.ts';
import { databaseSettings, ProcessSettings } from './process-settings.ts';
import { readSettings, secret, SettingsFault } from './settings.ts';

const Shop = z.object({ SHOP_TILLS: z.coerce.number().int().min(1).describe('How many tills there are'), SHOP_KEY: secret.describe('Opens the till') });

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readSettings({ process: ProcessSettings, shop: Shop, 'shop.database': databaseSettings('shop') }, environment);
  } catch (error) {
    return (error as SettingsFault).faults;
  }
  return [];
};

describe('settings', () => {
  it('are read once, with their defaults', () => {
    const read = readSettings({ process: ProcessSettings }, { NATS_URL: 'nats://localhost:4222', LOG_LEVEL: '' });
    expect(read.process).toMatchObject({ NATS_URL: 'nats://localhost:4222', LOG_LEVEL: 'info', DATABASE_CONNECTIONS: 60 });
  });

  it('name all that is wrong or missing, of every schema, at once', () => {
    const faults = faultsOf({ SHOP_TILLS: 'many', LOG_LEVEL: 'loud' });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['LOG_LEVEL', 'NATS_URL', 'SHOP_DATABASE_URL', 'SHOP_KEY', 'SHOP_TILLS']);
    expect(faults.find((fault) => fault.startsWith('NATS_URL'))).toMatch(/is missing.*nats-server/);
  });

  it('refuse a secret that is a placeholder or short', () => {
    const rest = { SHOP_TILLS: '1', NATS_URL: 'nats://x:1', SHOP_DATABASE_URL: 'postgres://x/y' };
    expect(faultsOf({ ...rest, SHOP_KEY: 'change-me-change-me-change-me-change-me' })).toEqual([expect.stringContaining('placeholder')]);
    expect(faultsOf({ ...rest, SHOP_KEY: 'short' })).toEqual([expect.stringContaining('32')]);
  });

  it('ask for TLS in production unless told that the network encrypts', () => {
    const plain = { MELA_ENV: 'production', NATS_URL: 'nats://x:1', SHOP_DATABASE_URL: 'postgres://x/y', SHOP_TILLS: '1', SHOP_KEY: 'k'.repeat(40) };
    expect(faultsOf(plain).map((fault) => fault.split(':')[0])).toEqual(['NATS_URL', 'SHOP_DATABASE_URL']);
    expect(faultsOf({ ...plain, NATS_URL: 'tls://x:1', SHOP_DATABASE_URL: 'postgres://x/y?sslmode=verify-full' })).toEqual([]);
    expect(faultsOf({ ...plain, ALLOW_PLAINTEXT: 'true' })).toEqual([]);
  });

  it('let spans leave in production over TLS alone, and stay nowhere on the machine', () => {
    const there = { MELA_ENV: 'production', NATS_URL: 'tls://x:1', SHOP_DATABASE_URL: 'postgres://x/y?sslmode=verify-full', SHOP_TILLS: '1', SHOP_KEY: 'k'.repeat(40) };
    expect(faultsOf({ ...there, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' })).toEqual([expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT: is to begin with https://')]);
    expect(faultsOf({ ...there, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318', OTEL_EXPORTER_OTLP_HEADERS: 'a=b%20c', TRACE_RATIO: '0.1' })).toEqual([]);
    expect(faultsOf({ ...there, TRACE_FOLDER: '/tmp/spans' })).toEqual([expect.stringContaining('TRACE_FOLDER: is for development')]);
    expect(faultsOf({ ...there, TRACE_RATIO: '2', OTEL_EXPORTER_OTLP_HEADERS: 'a' })).toHaveLength(2);
    expect(faultsOf({ ...there, OTEL_EXPORTER_OTLP_HEADERS: 'a=100%' })).toEqual([expect.stringContaining('%25')]);
  });

  it('describe themselves, each once', () => {
    const text = envExample({ process: ProcessSettings, shop: Shop });
    expect(text).toContain('# How many tills there are (needed)\nSHOP_TILLS=\n');
    expect(text).toContain('# LOG_LEVEL=info');
  });
});
