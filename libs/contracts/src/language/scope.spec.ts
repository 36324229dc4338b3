import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mela } from '../catalogue.ts';
import { anyone, member, person, platform, services } from './access.ts';
import { command, operationsOf, query, service } from './operation.ts';
import { scopeOf, scopesOf } from './scope.ts';

const nothing = { summary: 'x', input: z.object({ shelfId: z.string() }), output: z.object({}) };
const library = service('library', {
  read: query({ ...nothing, access: anyone }),
  list: query({ ...nothing, access: person }),
  lend: command({ ...nothing, access: member('shelfId') }),
  whisper: command({ ...nothing, access: person, secret: true }),
  burn: command({ ...nothing, access: person, inPerson: true }),
  sign: command({ ...nothing, access: person, inPerson: true, byKey: true }),
  leave: command({ ...nothing, access: person, session: 'ends' }),
  enter: command({ ...nothing, access: anyone, session: 'opens' }),
  inspect: query({ ...nothing, access: platform('admin') }),
  copy: query({ ...nothing, access: services }),
});

describe('the scope that an operation takes', () => {
  it('is to read or to write what its service keeps', () => {
    expect([library.read, library.list].map(scopeOf)).toEqual(['library:read', 'library:read']);
    expect([library.lend, library.whisper, library.sign].map(scopeOf)).toEqual(['library:write', 'library:write', 'library:write']);
  });

  it('is none where a person is asked for, or a role, or a service', () => {
    for (const operation of [library.burn, library.leave, library.enter, library.inspect, library.copy]) expect(scopeOf(operation), operation.id).toBeUndefined();
  });
});

describe('of all there is', () => {
  it('a service has the scopes that an operation of its takes', () => {
    expect(scopesOf({ operations: new Map(operationsOf(library).map((operation) => [operation.id, operation])) })).toEqual(['library:read', 'library:write']);
    expect(scopesOf(mela)).toEqual(expect.arrayContaining(['communities:read', 'communities:write', 'identity:read', 'identity:write', 'realtime:write']));
    expect(scopesOf(mela)).not.toContain('realtime:read');
  });

  it('no key gets a secret but a ticket, which opens one connection in its own name, and what anybody gets', () => {
    const secret = [...mela.operations.values()].filter((operation) => operation.secret && operation.access.rule !== 'anyone' && scopeOf(operation) !== undefined);
    expect(secret.map(({ id }) => id)).toEqual(['realtime.createTicket']);
  });

  it('no key reaches what asks for a password, or for what stands in its place', () => {
    const proofs = ['password', 'newPassword', 'code', 'recoveryCode', 'credential', 'challenge'];
    const asking = [...mela.operations.values()].filter(({ access, input }) => access.rule !== 'anyone' && proofs.some((proof) => proof in input.shape));
    expect(asking.length).toBeGreaterThan(5);
    for (const operation of asking) expect(scopeOf(operation), operation.id).toBeUndefined();
  });
});
