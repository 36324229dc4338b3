import { AsyncLocalStorage } from 'node:async_hooks';
import type { Serve } from './exchange.ts';

/** What this process itself answers: a request to it need not leave. One per process, shared by all it hosts. */
export class LocalPath {
  private readonly served = new Map<string, Serve>();
  // As over the bus: what surrounds the asker, such as an open transaction, is not there for whoever answers.
  private readonly apart = AsyncLocalStorage.snapshot();

  open(subject: string, serve: Serve): void {
    this.served.set(subject, (body, headers) => this.apart(serve, body, headers));
  }

  close(subject: string): void {
    this.served.delete(subject);
  }

  find(subject: string): Serve | undefined {
    return this.served.get(subject);
  }
}
