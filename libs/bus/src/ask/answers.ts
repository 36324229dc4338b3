import { randomUUID } from 'node:crypto';
import { NoRespondersError, PermissionViolationError, TimeoutError, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { answerInbox } from '../stream/private-inbox.ts';
import { watchRefusals } from '../stream/refusals.ts';

interface Waiting {
  readonly subject: string;
  settle(answer: Msg | Error): void;
}

/**
 * Where answers come in: one subscription for all questions, on the part of the inbox that those who are asked may write to.
 * Each is told one subject and can guess no other, so nobody can answer in another's place. The client library's own
 * `request` cannot be used for that: it counts on from one reply subject to the next.
 */
export class Answers {
  private readonly inbox: string;
  private readonly waiting = new Map<string, Waiting>();
  private listening: Subscription | undefined;

  constructor(private readonly nc: NatsConnection) {
    this.inbox = answerInbox(nc);
    watchRefusals(nc, ({ of, subject }) => {
      if (of !== 'publish') return;
      const refusal = new PermissionViolationError(`The message bus does not let this user ask ${subject}`, 'publish', subject);
      for (const one of [...this.waiting.values()].filter((waiting) => waiting.subject === subject)) one.settle(refusal);
    });
  }

  to(subject: string, body: Uint8Array, { headers, timeout }: { headers: MsgHdrs; timeout: number }): Promise<Msg> {
    const token = randomUUID();
    return new Promise((resolve, reject) => {
      const settle = (answer: Msg | Error) => {
        clearTimeout(timer);
        this.waiting.delete(token);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const timer = setTimeout(() => settle(new TimeoutError()), timeout);
      this.waiting.set(token, { subject, settle });
      try {
        this.listening ??= this.listen();
        this.nc.publish(subject, body, { headers, reply: `${this.inbox}.${token}` });
      } catch (fault) {
        settle(fault as Error);
      }
    });
  }

  private listen(): Subscription {
    return this.nc.subscribe(`${this.inbox}.*`, { callback: (fault, message) => (fault ? this.deafened(fault) : this.hear(message)) });
  }

  private hear(message: Msg): void {
    const one = this.waiting.get(message.subject.slice(this.inbox.length + 1));
    const nobody = message.data.length === 0 && message.headers?.code === 503;
    one?.settle(nobody ? new NoRespondersError(one.subject) : message);
  }

  /** The next question listens anew. */
  private deafened(fault: Error): void {
    this.listening = undefined;
    for (const one of this.waiting.values()) one.settle(fault);
  }
}
