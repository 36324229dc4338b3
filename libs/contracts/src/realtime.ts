import { z } from 'zod';
import { person } from './language/access.ts';
import { perUser } from './language/limit.ts';
import { Instant } from './language/models.ts';
import { command, service } from './language/operation.ts';

/** Opens one realtime connection in the name of whoever asked for it, once and soon. */
export const Ticket = z.object({ ticket: z.string(), expiresAt: Instant });
export type Ticket = z.output<typeof Ticket>;

export const realtime = service('realtime', {
  createTicket: command({
    summary: 'A ticket that opens one realtime connection, for clients that cannot send a header',
    http: 'POST /realtime/tickets',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({}),
    output: Ticket,
    secret: true,
  }),
});
