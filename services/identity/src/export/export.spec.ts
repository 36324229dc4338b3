import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { archiveName, asExport, listsOf, mayExport, missingOf, type ExportState } from './export.ts';

const at = new Date('2026-01-15T09:30:00.000Z');
const hours = (count: number) => new Date(at.getTime() + count * 3_600_000);
const asked: ExportState = { id: id(7), personId: id(1), expected: ['communities', 'identity'], askedAt: at, readyAt: null, missing: null, bytes: null, version: 1 };

describe('an export', () => {
  it('may be had once a day', () => {
    expect(mayExport(undefined, at)).toBeUndefined();
    expect(mayExport(at, hours(23.9))).toMatchObject({ code: 'identity.export_too_soon', detail: `It is possible again at ${hours(24).toISOString()}` });
    expect(mayExport(at, hours(24))).toBeUndefined();
  });

  it('says who has answered of how many, while it is collected', () => {
    expect(missingOf(asked, ['identity'])).toEqual(['communities']);
    expect(asExport(asked, ['identity'])).toMatchObject({
      state: 'collecting', archive: null, services: [{ service: 'communities', state: 'waiting' }, { service: 'identity', state: 'answered' }],
    });
  });

  it('says what is missing, and until when it is there, when it is ready', () => {
    expect(asExport({ ...asked, readyAt: at, missing: ['communities'], bytes: 10 }, [])).toMatchObject({
      state: 'ready', services: [{ service: 'communities', state: 'missing' }, { service: 'identity', state: 'answered' }],
      archive: { bytes: 10, expiresAt: hours(7 * 24).toISOString() },
    });
  });

  it('is called by the day on which it was asked for', () => {
    expect(archiveName(asked)).toBe('mela-export-2026-01-15.zip');
  });

  it('has a list for each kind of thing, in the order in which they were told', () => {
    const records = [{ kind: 'posts', item: { n: 1 } }, { kind: 'comments', item: { n: 2 } }, { kind: 'posts', item: { n: 3 } }];
    expect(listsOf(records)).toEqual({ posts: [{ n: 1 }, { n: 3 }], comments: [{ n: 2 }] });
  });
});
