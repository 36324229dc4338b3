import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Health } from './health.ts';

const healthOf = (checks: Record<string, () => string | undefined | Promise<string | undefined>>): Health => {
  const health = new Health();
  for (const [name, run] of Object.entries(checks)) health.add({ name, run });
  return health;
};
const fine = () => undefined;

it('is ready when every check is fine', async () => {
  expect(await healthOf({ database: fine, bus: async () => undefined }).verdict()).toEqual({ ready: true, checks: { database: 'ok', bus: 'ok' } });
});

it('names what is at fault, whether it was told or thrown', async () => {
  const away = async () => {
    throw new Error('connection refused');
  };
  expect(await healthOf({ database: away, bus: () => 'is not connected', cache: fine }).verdict()).toEqual({
    ready: false,
    checks: { database: { fault: 'connection refused' }, bus: { fault: 'is not connected' }, cache: 'ok' },
  });
});

it('no longer asks what was taken away', async () => {
  const health = healthOf({ bus: () => 'is not connected' });
  health.remove('bus');
  expect(await health.verdict()).toEqual({ ready: true, checks: {} });
});

it('is not ready while it drains, however well it is', async () => {
  const health = healthOf({ database: fine });
  health.drain();
  expect(await health.verdict()).toEqual({ ready: false, checks: { database: 'ok', process: { fault: 'is shutting down' } } });
});

describe('a check that hangs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('is a fault when patience ends, and not before', async () => {
    let verdict: unknown;
    const asked = healthOf({ database: () => new Promise(() => undefined), bus: fine }).verdict().then((given) => (verdict = given));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(verdict).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await asked;
    expect(verdict).toEqual({ ready: false, checks: { database: { fault: 'no answer within 2000 ms' }, bus: 'ok' } });
  });

  it('leaves no timer behind when it answers in time', async () => {
    await healthOf({ database: async () => undefined }).verdict();
    expect(vi.getTimerCount()).toBe(0);
  });
});
