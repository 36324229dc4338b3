import { OperationServer } from '@mela/bus';
import { authenticated, authorised, measured, pipeline, type TokenVerifier } from '@mela/chassis';
import { realtime, SERVICE, type In } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Inquiries } from './inquiries.ts';

interface Parts {
  readonly nc: NatsConnection;
  readonly inquiries: Inquiries;
  readonly tokens: TokenVerifier;
  readonly metrics: Registry;
  readonly log: Logger;
}

/** Answers whoever asks on the bus, at one gateway for all; the answer is how to stop. */
export async function serveWhy({ nc, inquiries, tokens, metrics, log }: Parts): Promise<() => Promise<void>> {
  const server = new OperationServer(nc, realtime[SERVICE]);
  const handler = (input: unknown) => inquiries.ask(input as In<typeof realtime.why>);
  const serve = pipeline(realtime.why, handler, { log, measured: measured(metrics), authenticated: authenticated(tokens), authorised: authorised(undefined) });
  server.serve(realtime.why.subject, serve);
  await new Promise<void>((resolve, reject) => void server.listen((fault?: unknown) => (fault === undefined ? resolve() : reject(fault as Error))));
  inquiries.start();
  return () => {
    inquiries.stop();
    return server.close();
  };
}
