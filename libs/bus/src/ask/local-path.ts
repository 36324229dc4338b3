import type { Serve } from './exchange.ts';

/** What this process itself answers: a request to it need not leave. One per process, shared by all it hosts. */
export class LocalPath {
  private readonly served = new Map<string, Serve>();

  open(subject: string, serve: Serve): void {
    this.served.set(subject, serve);
  }

  close(subject: string): void {
    this.served.delete(subject);
  }

  find(subject: string): Serve | undefined {
    return this.served.get(subject);
  }
}
