import type { Out, realtime } from '@mela/contracts';
import { Unavailable, type Refusal } from '@mela/contracts';
import type { Logger } from 'pino';
import { InvalidTicket } from '../protocol/faults.ts';
import { keptAs, newTicket, sealed, unsealed } from './sealed.ts';
import type { TicketBucket } from './ticket-bucket.ts';

export const TICKET_MS = 30_000;

interface Kept {
  readonly token: string;
  readonly expiresAt: number;
}

const GRAMMAR = /^[\w-]{32}$/;

/** Given to whoever shows an access token, and exchanged for that token once, at whichever gateway. */
export class Tickets {
  constructor(
    private readonly bucket: Pick<TicketBucket, 'put' | 'take'>,
    private readonly log: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  async give(token: string): Promise<Out<typeof realtime.createTicket> | Refusal> {
    const ticket = newTicket();
    const kept: Kept = { token, expiresAt: this.now() + TICKET_MS };
    return this.reaching(async () => {
      await this.bucket.put(keptAs(ticket), sealed(ticket, kept));
      return { ticket, expiresAt: new Date(kept.expiresAt).toISOString() };
    });
  }

  /** The access token it was given for. */
  async redeem(ticket: string): Promise<string | Refusal> {
    if (!GRAMMAR.test(ticket)) return InvalidTicket();
    return this.reaching(async () => {
      const taken = await this.bucket.take(keptAs(ticket));
      const kept = taken && (unsealed(ticket, taken) as Kept);
      return kept && kept.expiresAt > this.now() ? kept.token : InvalidTicket();
    });
  }

  private async reaching<R>(work: () => Promise<R>): Promise<R | Refusal> {
    try {
      return await work();
    } catch (error) {
      this.log.warn({ reason: String(error) }, 'tickets cannot be reached');
      return Unavailable('Tickets can neither be given nor taken right now');
    }
  }
}
