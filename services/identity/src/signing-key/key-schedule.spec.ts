import { createLog } from '@mela/chassis';
import { afterEach, expect, it, vi } from 'vitest';
import { KeySchedule } from './key-schedule.ts';
import type { SigningKeyService } from './signing-key.service.ts';

afterEach(() => vi.useRealTimers());

it('the schedule looks every minute whether a key is due, also after a look that failed, until it is ended', async () => {
  vi.useFakeTimers();
  const rotateWhenDue = vi.fn<SigningKeyService['rotateWhenDue']>().mockRejectedValueOnce(new Error('the database is away')).mockResolvedValue(true);
  const schedule = new KeySchedule({ rotateWhenDue } as unknown as SigningKeyService, createLog('silent'));
  schedule.onApplicationBootstrap();
  await vi.advanceTimersByTimeAsync(180_000);
  expect(rotateWhenDue).toHaveBeenCalledTimes(3);
  schedule.onModuleDestroy();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(rotateWhenDue).toHaveBeenCalledTimes(3);
});
