import { currentContext, OperationServer, type LocalPath, type Serve } from '@mela/bus';
import { authenticated, authorised, measured, pipeline, type Handler, type TokenVerifier } from '@mela/chassis';
import { realtime, SERVICE, type In, type Operation } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Tickets } from './tickets/tickets.ts';
import type { Inquiries } from './why/inquiries.ts';

interface Parts {
  readonly nc: NatsConnection;
  readonly local: LocalPath | undefined;
  readonly tickets: Tickets;
  readonly inquiries: Inquiries;
  readonly tokens: TokenVerifier;
  readonly metrics: Registry;
  readonly log: Logger;
}

/** Hosts what is asked of the gateways, each question at one of them; the answer is how to stop. */
export async function serveOperations({ nc, local, tickets, inquiries, tokens, metrics, log }: Parts): Promise<() => Promise<void>> {
  const wrappers = { log, measured: measured(metrics), authenticated: authenticated(tokens), authorised: authorised(undefined) };
  const hosted = (operation: Operation, handler: Handler): readonly [subject: string, serve: Serve] => [operation.subject, pipeline(operation, handler, wrappers)];
  const operations = [
    hosted(realtime.createTicket, () => tickets.give(currentContext()!.token!)),
    hosted(realtime.why, (input) => inquiries.ask(input as In<typeof realtime.why>)),
    hosted(realtime.explain, (input) => inquiries.ask(input as In<typeof realtime.explain>)),
  ];
  const server = new OperationServer(nc, realtime[SERVICE]);
  for (const [subject, serve] of operations) server.serve(subject, serve);
  inquiries.start();
  await new Promise<void>((resolve, reject) => void server.listen((fault?: unknown) => (fault === undefined ? resolve() : reject(fault as Error))));
  // Whoever is told that this gateway is up finds it answering.
  await nc.flush();
  for (const [subject, serve] of operations) local?.open(subject, serve);
  return async () => {
    for (const [subject] of operations) local?.close(subject);
    await server.close();
    inquiries.stop();
  };
}
