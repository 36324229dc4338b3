/** A mail as its reader would see it. */
export interface Mail {
  readonly id: string;
  readonly receivedAt: string;
  /** Angle brackets included: whoever gets it twice knows by this. */
  readonly messageId: string;
  readonly from: string;
  /** Whom the envelope named, in lower case. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly language: string | null;
  readonly text: string;
  readonly html: string;
}

const KEPT = 1_000;

/** What came in, the latest first. It is kept in memory, and the oldest goes when there is no room. */
export class Mailbox {
  private mails: Mail[] = [];
  private readonly watchers = new Set<(mail: Mail) => void>();

  constructor(private readonly room = KEPT) {}

  put(mail: Mail): void {
    this.mails = [mail, ...this.mails].slice(0, this.room);
    for (const told of this.watchers) told(mail);
  }

  list(to?: string): readonly Mail[] {
    const address = to?.trim().toLowerCase();
    return address === undefined || address === '' ? this.mails : this.mails.filter((mail) => mail.to.includes(address));
  }

  find(id: string): Mail | undefined {
    return this.mails.find((mail) => mail.id === id);
  }

  empty(): void {
    this.mails = [];
  }

  /** Told of every mail from now on. */
  watch(told: (mail: Mail) => void): () => void {
    this.watchers.add(told);
    return () => void this.watchers.delete(told);
  }

  /** The first that fits, so far or from now on. */
  async arrives(fits: (mail: Mail) => boolean): Promise<Mail> {
    const already = this.mails.findLast(fits);
    if (already) return already;
    return new Promise((resolve) => {
      const end = this.watch((mail) => {
        if (!fits(mail)) return;
        end();
        resolve(mail);
      });
    });
  }
}
