import type { Mail, Mailbox } from '@mela/sandbox';
import type { Letter } from '@mela/testkit/chaos';
import { add } from '../checker/groups.ts';
import type { History } from '../history/history.ts';

/** What comes by mail, and to whom: all of it, however much comes, and in the order in which it comes. */
export class Post {
  private readonly came = new Map<string, Letter[]>();
  private readonly watchers = new Set<(to: string) => void>();

  constructor(private readonly history: Pick<History, 'now' | 'record'>) {}

  watch(mailbox: Mailbox): void {
    mailbox.watch((mail) => this.take(mail));
  }

  to(address: string): readonly Letter[] {
    return this.came.get(address) ?? [];
  }

  /** Whether anything came to the address, so far or in time. */
  async comes(address: string, withinMs: number): Promise<boolean> {
    if (this.to(address).length > 0) return true;
    return new Promise((resolve) => {
      const told = (to: string): void => {
        if (to === address) over(true);
      };
      const over = (came: boolean): void => {
        clearTimeout(timer);
        this.watchers.delete(told);
        resolve(came);
      };
      const timer = setTimeout(() => over(false), withinMs);
      this.watchers.add(told);
    });
  }

  private take({ to: all, messageId, subject, text }: Mail): void {
    for (const to of all) {
      this.history.record({ kind: 'mailed', at: this.history.now(), to, messageId, subject, token: /#token=([\w-]+)/.exec(text)?.[1] });
      add(this.came, to, { to, messageId, subject, text });
      for (const told of this.watchers) told(to);
    }
  }
}
