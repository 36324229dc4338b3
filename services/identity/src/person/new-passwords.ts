import { extname } from 'node:path';
import { isRefusal, type Refusal } from '@mela/contracts';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { PasswordHasher } from './password-hasher.ts';
import { ESTIMATED_LETTERS, judgePassword, wordsAbout, type Estimate, type Holder } from './password-strength.ts';

const IDLE_MS = 60_000;

/** A password that somebody wants to have: hashed if it is hard to guess. */
@Injectable()
export class NewPasswords implements OnApplicationShutdown {
  private readonly estimators = new Piscina<{ password: string; words: readonly string[] }, Estimate>({
    filename: new URL(`./estimate.worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS,
  });

  constructor(private readonly hasher: PasswordHasher) {}

  /** Answers its hash. */
  async take(password: string, holder: Holder): Promise<string | Refusal> {
    return (await this.unlessGood(password, holder)) ?? this.hasher.hash(password);
  }

  async unlessGood(password: string, holder: Holder): Promise<Refusal | undefined> {
    const estimate = await this.hasher.inTurn(() => this.estimators.run({ password: password.slice(0, ESTIMATED_LETTERS), words: wordsAbout(holder) }));
    return isRefusal(estimate) ? estimate : judgePassword(password, holder, estimate);
  }

  onApplicationShutdown(): Promise<void> {
    return this.estimators.destroy();
  }
}
