import { randomUUID } from 'node:crypto';
import { GatewayAccount, Id, type In, type Out, type realtime } from '@mela/contracts';
import type { NatsConnection, Subscription as BusSubscription } from '@nats-io/transport-node';
import { z } from 'zod';
import { understood } from '../between-gateways.ts';
import type { Explainer } from './explainer.ts';

const ASKED = 'rt.why';
const answersTo = (gateway: string) => `rt.why.answers.${gateway}`;
const PATIENCE_MS = 1_000;

type Question = In<typeof realtime.why>;
const Asked = z.object({ i: z.string(), from: z.string().regex(/^[\w-]{1,64}$/), personId: Id, eventId: Id });
const Answer = z.object({ i: z.string(), account: GatewayAccount });

interface Parts {
  readonly nc: NatsConnection;
  readonly gateway: string;
  readonly explainer: Explainer;
  /** The other gateways that are known. */
  readonly others: () => readonly string[];
}

interface Inquiry {
  readonly accounts: GatewayAccount[];
  readonly awaited: Set<string>;
  readonly done: () => void;
}

/** One gateway is asked and asks all: each knows of its own connections alone. */
export class Inquiries {
  private readonly open = new Map<string, Inquiry>();
  private readonly heard: BusSubscription[] = [];

  constructor(private readonly parts: Parts) {}

  start(): void {
    const { nc, gateway } = this.parts;
    const hear = (subject: string, take: (data: Uint8Array) => void) => this.heard.push(nc.subscribe(subject, { callback: (fault, { data }) => void (fault || take(data)) }));
    hear(ASKED, (data) => this.answer(understood(Asked, data)));
    hear(answersTo(gateway), (data) => this.take(understood(Answer, data)));
  }

  stop(): void {
    for (const subscription of this.heard.splice(0)) subscription.unsubscribe();
  }

  /** Waits for those that are known, though not for long: one that has just died is known for a while. */
  async ask({ personId, eventId }: Question): Promise<Out<typeof realtime.why>> {
    const { nc, gateway, explainer, others } = this.parts;
    const i = randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    const inquiry: Inquiry = { accounts: [explainer.explain(personId, eventId)], awaited: new Set(others()), done: resolve };
    this.open.set(i, inquiry);
    const timer = setTimeout(resolve, PATIENCE_MS);
    nc.publish(ASKED, JSON.stringify({ i, from: gateway, personId, eventId } satisfies z.output<typeof Asked>));
    if (inquiry.awaited.size > 0) await promise;
    clearTimeout(timer);
    this.open.delete(i);
    return { gateways: inquiry.accounts.toSorted((one, other) => (one.gateway < other.gateway ? -1 : 1)), silent: [...inquiry.awaited] };
  }

  private answer(asked: z.output<typeof Asked> | undefined): void {
    const { nc, gateway, explainer } = this.parts;
    if (!asked || asked.from === gateway) return;
    const { i, from, personId, eventId } = asked;
    nc.publish(answersTo(from), JSON.stringify({ i, account: explainer.explain(personId, eventId) } satisfies z.output<typeof Answer>));
  }

  private take(answer: z.output<typeof Answer> | undefined): void {
    const inquiry = this.open.get(answer?.i ?? '');
    if (!answer || !inquiry) return;
    const { account } = answer;
    inquiry.accounts.push(account);
    inquiry.awaited.delete(account.gateway);
    if (inquiry.awaited.size === 0) inquiry.done();
  }
}
