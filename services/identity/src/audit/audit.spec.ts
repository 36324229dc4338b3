import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asOwnEntry, doerOf, type AuditState } from './audit.ts';

const [ASHA, MIRA] = [id(1), id(2)];
const entry: AuditState = {
  id: id(9), at: new Date(0), what: 'suspended', who: MIRA, about: ASHA, clientAddress: '203.0.113.9', userAgent: 'Mela/2', device: 'a desk', traceId: 't', details: { reason: 'spam' },
};

describe('whose doing it was', () => {
  it('is whoever asked, or nobody’s', () => {
    expect(doerOf({ personId: ASHA })).toEqual({ who: ASHA, details: {} });
    expect(doerOf(null)).toEqual({ who: null, details: {} });
  });

  it('is the admin’s who looked through somebody’s eyes, and says through whose', () => {
    expect(doerOf({ personId: ASHA, actor: MIRA })).toEqual({ who: MIRA, details: { as: ASHA } });
  });
});

describe('one’s own log', () => {
  it('says that another did it, and not where they are', () => {
    expect(asOwnEntry(entry)).toEqual({ ...entry, at: '1970-01-01T00:00:00.000Z', clientAddress: null, userAgent: null, device: null, traceId: null });
  });

  it('says where one was oneself, and where somebody was whom nobody knows', () => {
    for (const who of [ASHA, null]) expect(asOwnEntry({ ...entry, who })).toMatchObject({ clientAddress: '203.0.113.9', userAgent: 'Mela/2', device: 'a desk' });
  });
});
