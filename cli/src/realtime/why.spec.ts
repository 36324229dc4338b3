import { deliveryVerdicts, type GatewayAccount } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { tellWhy } from './why.ts';

const account: GatewayAccount = {
  gateway: 'one',
  knowsSince: { events: '2026-11-21T08:00:00.000Z', connections: '2026-11-21T08:00:00.000Z' },
  event: { place: 7, type: 'post.created', topics: ['community:1'], storedAt: '2026-11-21T09:00:00.000Z' },
  passedOver: null,
  findings: [],
};

describe('why, in words', () => {
  it('has a whole sentence for every verdict', () => {
    const findings = deliveryVerdicts.map((verdict) => ({ verdict, connection: 'c1', topic: 'community:1', at: '2026-11-21T09:00:00.000Z', code: '4008', waiting: 12 }));
    const [head, ...sentences] = tellWhy({ gateways: [{ ...account, findings }], silent: [] });
    expect(head).toBe('Gateway one: post.created is event 7 of the stream, stored at 2026-11-21T09:00:00.000Z, and concerns community:1.');
    expect(new Set(sentences).size).toBe(deliveryVerdicts.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^ {2}connection c1, community:1: .*[^ .]\.$/);
    expect(sentences.join()).not.toMatch(/undefined|null/);
  });

  it('says whose connection it was when an admin looked through the person’s eyes', () => {
    const finding = { verdict: 'delivered', connection: 'c1', topic: 'community:1', at: '2026-11-21T09:00:00.000Z', code: null, waiting: null, impersonator: 'an-admin' } as const;
    expect(tellWhy({ gateways: [{ ...account, findings: [finding] }], silent: [] })[1]).toBe(
      '  connection c1 of admin an-admin, who looked through the person’s eyes, community:1: delivered at 2026-11-21T09:00:00.000Z.',
    );
  });

  it('says why an event was told to nobody', () => {
    expect(tellWhy({ gateways: [{ ...account, event: { ...account.event!, topics: [] } }], silent: [] })[0]).toContain('concerns no topic: nobody hears it');
    for (const passedOver of ['repeat', 'unreadable', 'put_back'] as const) expect(tellWhy({ gateways: [{ ...account, event: null, passedOver }], silent: [] })[0]).toMatch(/^Gateway one: the event /);
    expect(tellWhy({ gateways: [{ ...account, passedOver: 'repeat' }], silent: [] })).toContain('  It came a second time, and was told once.');
  });

  it('names the gateways that did not answer', () => {
    expect(tellWhy({ gateways: [], silent: ['two'] })).toEqual(['Gateway two did not answer: what it knows is not in here.']);
  });
});
