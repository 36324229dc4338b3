import { expect, it } from 'vitest';
import { identity } from '../identity.ts';
import { NotWhileImpersonating } from '../language/faults.ts';
import { operationsOf } from '../language/operation.ts';

/** What is done to an account through its owner’s eyes for all that, and why. What is done elsewhere says in the log whose hand it was. */
const done: Readonly<Record<string, string>> = {
  'identity.signOut': 'ends the looking',
  'identity.verifyEmailAgain': 'sends the person a mail that they may have asked for, and changes nothing',
};

it('whoever looks through somebody’s eyes changes nothing that has no reason here', () => {
  const commands = operationsOf(identity).filter(({ kind, access }) => kind === 'command' && access.rule !== 'anyone' && access.rule !== 'service');
  expect(commands.filter(({ inPerson }) => !inPerson).map(({ id }) => id).toSorted()).toEqual(Object.keys(done).toSorted());
  for (const { id, inPerson, refusals } of commands) if (inPerson) expect(refusals.map(({ code }) => code), id).toContain(NotWhileImpersonating.code);
});
