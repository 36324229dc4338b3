import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Mailbox } from './mailbox.ts';
import { SmtpFaults } from './smtp-fault.ts';

const HOST = '127.0.0.1';
const LARGEST = 5 * 1024 * 1024;

/** Takes every mail for everybody, and delivers it nowhere but into the mailbox. */
export class SmtpSandbox {
  readonly faults = new SmtpFaults();
  private server: SMTPServer | undefined;
  private port: number;

  constructor(
    private readonly mailbox: Mailbox,
    port = 0,
  ) {
    this.port = port;
  }

  get url(): string {
    return `smtp://${HOST}:${this.port}`;
  }

  /** Also after it was closed, and then at the same port. */
  async open(): Promise<void> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      size: LARGEST,
      logger: false,
      onRcptTo: (_address, _session, done) => {
        const fault = this.faults.strikes('recipient');
        done(fault?.kind === 'refuse' ? refusal(fault.code) : null);
      },
      onData: (stream, session, done) => void this.answer(stream, session, done),
    });
    // Whoever breaks off is whoever is tested.
    server.on('error', () => undefined);
    const listening = server.listen(this.port, HOST);
    await once(listening, 'listening');
    this.port = (listening.address() as AddressInfo).port;
    this.server = server;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of server.connections) connection._socket.destroy();
    await closed;
  }

  private async answer(stream: SMTPServerDataStream, session: SMTPServerSession, done: (fault?: Error | null) => void): Promise<void> {
    try {
      await this.take(stream, session);
    } catch (fault) {
      return done(fault as Error);
    }
    done();
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const parsed = await simpleParser(stream);
    if (stream.sizeExceeded) throw refusal(552);
    const fault = this.faults.strikes('data');
    if (fault?.kind === 'refuse') throw refusal(fault.code);
    if (fault?.kind === 'slow') await pause(fault.ms);
    if (fault?.kind !== 'drop' || fault.taken)
      this.mailbox.put({
        id: randomUUID(),
        receivedAt: new Date().toISOString(),
        messageId: parsed.messageId ?? '',
        from: parsed.from?.text ?? '',
        to: session.envelope.rcptTo.map(({ address }) => address.toLowerCase()),
        subject: parsed.subject ?? '',
        language: languageOf(parsed.headers.get('content-language')),
        text: parsed.text ?? '',
        html: parsed.html === false ? '' : (parsed.html ?? ''),
      });
    if (fault?.kind === 'drop') this.breakOff(session.id);
  }

  private breakOff(id: string): void {
    for (const connection of this.server?.connections ?? []) if (connection.id === id) connection._socket.destroy();
  }
}

const languageOf = (header: unknown): string | null => (typeof header === 'string' ? header : null);

const refusal = (code: number): Error => Object.assign(new Error(code < 500 ? '4.3.0 Not now' : '5.1.1 Nobody here is called so'), { responseCode: code });
