import { LOG } from '@mela/chassis';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { SigningKeyService } from './signing-key.service.ts';

const EVERY_MS = 60_000;

/** Looks every minute whether another key is due. Every replica looks, and one of them rotates. */
@Injectable()
export class KeySchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly keys: SigningKeyService,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async look(): Promise<void> {
    try {
      if (await this.keys.rotateWhenDue()) this.log.info({}, 'another key signs access tokens');
    } catch (error) {
      this.log.warn({ reason: String(error) }, 'it could not be looked whether another key is due, the next round tries again');
    }
  }
}
