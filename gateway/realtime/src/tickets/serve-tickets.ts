import { currentContext, OperationServer, type LocalPath } from '@mela/bus';
import { authenticated, authorised, measured, pipeline, type TokenVerifier } from '@mela/chassis';
import { realtime, SERVICE } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Tickets } from './tickets.ts';

interface Parts {
  readonly nc: NatsConnection;
  readonly local: LocalPath | undefined;
  readonly tickets: Tickets;
  readonly tokens: TokenVerifier;
  readonly metrics: Registry;
  readonly log: Logger;
}

/** Answers whoever asks for a ticket on the bus; the answer is how to stop. */
export async function serveTickets({ nc, local, tickets, tokens, metrics, log }: Parts): Promise<() => Promise<void>> {
  const server = new OperationServer(nc, realtime[SERVICE]);
  const serve = pipeline(realtime.createTicket, () => tickets.give(currentContext()!.token!), {
    log, measured: measured(metrics), authenticated: authenticated(tokens), authorised: authorised(undefined),
  });
  const { subject } = realtime.createTicket;
  server.serve(subject, serve);
  await new Promise<void>((resolve, reject) => void server.listen((fault?: unknown) => (fault === undefined ? resolve() : reject(fault as Error))));
  // Whoever is told that this gateway is up finds it answering.
  await nc.flush();
  local?.open(subject, serve);
  return () => {
    local?.close(subject);
    return server.close();
  };
}
