import { expect, it } from 'vitest';
import { mela } from '../catalogue.ts';
import { NotWhileImpersonating } from '../language/faults.ts';

/** What is done through somebody’s eyes for all that, and why. */
const done: Readonly<Record<string, string>> = {
  'identity.signOut': 'ends the looking',
  'identity.verifyEmailAgain': 'sends the person a mail that they may have asked for, and changes nothing',
  'realtime.createTicket': 'opens a screen to look at',
  'notifications.tryMailAgain': 'sends a mail that was due',
  'communities.create': 'is told in the log, with whose hand it was',
  'communities.join': 'is told in the log, with whose hand it was',
  'communities.leave': 'is told in the log, with whose hand it was',
  'communities.removeMember': 'is told in the log, with whose hand it was',
  'communities.createPost': 'is told in the log, with whose hand it was',
  'communities.createComment': 'is told in the log, with whose hand it was',
};

it('whoever looks through somebody’s eyes changes nothing that has no reason here', () => {
  const commands = [...mela.operations.values()].filter(({ kind, access }) => kind === 'command' && access.rule !== 'anyone' && access.rule !== 'service');
  expect(commands.filter(({ inPerson }) => inPerson === false).map(({ id }) => id).toSorted()).toEqual(Object.keys(done).toSorted());
  for (const { id, inPerson, refusals } of commands) if (inPerson !== false) expect(refusals.map(({ code }) => code), id).toContain(NotWhileImpersonating.code);
});
