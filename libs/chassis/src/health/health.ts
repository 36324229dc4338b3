export interface Check {
  readonly name: string;
  /** What is wrong, or undefined. Never throws for longer than its own timeout. */
  run(): string | undefined | Promise<string | undefined>;
}

export interface Verdict {
  readonly ready: boolean;
  readonly checks: Record<string, 'ok' | { fault: string }>;
}

const PATIENCE_MS = 2_000;

/** What a process needs and whether it has it. Live means the event loop turns; ready means requests make sense. */
export class Health {
  private readonly checks = new Map<string, Check>();
  private draining = false;

  add(check: Check): void {
    this.checks.set(check.name, check);
  }

  remove(name: string): void {
    this.checks.delete(name);
  }

  /** From now on not ready, so that no new work is sent here while what has begun is finished. */
  drain(): void {
    this.draining = true;
  }

  async verdict(): Promise<Verdict> {
    const results = await Promise.all([...this.checks.values()].map(async (check) => [check.name, await settle(check)] as const));
    const checks = Object.fromEntries(results.map(([name, fault]) => [name, fault === undefined ? ('ok' as const) : { fault }]));
    if (this.draining) checks['process'] = { fault: 'is shutting down' };
    return { ready: Object.values(checks).every((result) => result === 'ok'), checks };
  }
}

async function settle(check: Check): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${PATIENCE_MS} ms`), PATIENCE_MS);
  });
  try {
    return await Promise.race([check.run(), late]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
  }
}
