import { identity, mela, type AuditKind } from '@mela/contracts';
import { commandsOf, keyOfAgent, type Asked, type Command, type Entry, type Invariant, type Rows, type Violation } from '@mela/testkit/chaos';

const name = 'what is done is noted, once';

/** What each command notes when it has taken effect, and what it may note besides. */
const notes: Readonly<Record<string, { readonly always: readonly AuditKind[]; readonly perhaps?: readonly AuditKind[] }>> = {
  [identity.register.id]: { always: ['registered', 'signed_in'] },
  [identity.signIn.id]: { always: ['signed_in'], perhaps: ['reactivated', 'deletion_cancelled'] },
  [identity.signInWithCode.id]: { always: ['signed_in'], perhaps: ['reactivated', 'deletion_cancelled', 'recovery_code_used'] },
  [identity.finishOutside.id]: { always: ['signed_in'], perhaps: ['registered'] },
  [identity.endSession.id]: { always: ['session_ended'] },
  [identity.changePassword.id]: { always: ['password_changed'] },
  [identity.resetPassword.id]: { always: ['password_reset'] },
  [identity.confirmEmail.id]: { always: [], perhaps: ['email_changed'] },
  [identity.confirmTotp.id]: { always: ['second_factor_on'] },
  [identity.removeTotp.id]: { always: ['second_factor_off'], perhaps: ['recovery_code_used'] },
  [identity.deactivate.id]: { always: ['deactivated'] },
  [identity.delete.id]: { always: ['deletion_requested'] },
  [identity.requestExport.id]: { always: ['export_requested'] },
  [identity.suspend.id]: { always: [], perhaps: ['suspended'] },
  [identity.restore.id]: { always: [], perhaps: ['restored'] },
};

/** What is noted of whoever was refused. */
const ofRefused: ReadonlySet<unknown> = new Set<AuditKind>(['sign_in_failed', 'second_factor_failed', 'refresh_token_reused', 'proof_failed']);

/** An effect that is seen in the log: noted of this very command. */
export const noted = (what: AuditKind) => ({ key }: Asked, { audit = [] }: Rows): number =>
  audit.filter((entry) => entry['what'] === what && keyOfAgent(entry['agent']) === key).length;

/** The same, of a command that heeds no key: an attempt whose answer was lost may have been done, too. */
export const notedAtLeastOnce = (what: AuditKind) => (asked: Asked, rows: Rows): number => Math.min(1, noted(what)(asked, rows));

/** Whatever was answered is in the log, once for each key that is heeded; nothing is in it that was refused, or that nobody asked for. */
export const notedOnce: Invariant = {
  name,
  judge: ({ history, services }) => {
    const commands = new Map(commandsOf(history).map((command) => [command.key, command]));
    const entries = Map.groupBy((services['identity']!.rows['audit'] ?? []).filter(({ agent }) => agent !== null), ({ agent }) => keyOfAgent(agent));
    return [
      ...[...entries].flatMap(([key, own]) => unasked(key, own.map(({ what }) => String(what)), commands.get(key ?? ''))),
      ...[...commands.values()].flatMap((command) => forgotten(command, new Set(entries.get(command.key)?.map(({ what }) => what)))),
    ];
  },
};

function unasked(key: string | undefined, kinds: readonly string[], command: Command | undefined): Violation[] {
  const known = notes[command?.operation ?? ''];
  const allowed = new Set<string>(known && command?.proof !== 'refused' ? [...known.always, ...(known.perhaps ?? [])] : []);
  const complain = (what: string): Violation => ({ invariant: name, what: `The log has ${what} ${command ? `by ${command.operation} under the key ${key}, which was ${command.proof}` : `by ${key ?? 'somebody'}, who asked nothing`}`, about: key === undefined ? [] : [key] });
  return [...Map.groupBy(kinds, (kind) => kind)].flatMap(([kind, same]) => {
    if (!allowed.has(kind) && !(command && ofRefused.has(kind))) return [complain(`"${kind}"`)];
    return same.length <= timesAllowed(command) ? [] : [complain(`"${kind}" ${same.length} times`)];
  });
}

/** Where no key is heeded each attempt is done anew. */
const timesAllowed = (command: Command | undefined): number => (command && mela.operations.get(command.operation)?.keyed === false ? command.attempts.length : 1);

const forgotten = ({ operation, key, proof }: Command, kinds: ReadonlySet<unknown>): Violation[] =>
  proof === 'done'
    ? (notes[operation]?.always ?? []).filter((kind) => !kinds.has(kind)).map((kind) => ({ invariant: name, what: `${operation} was answered under the key ${key}, and the log has no "${kind}" of it`, about: [key] }))
    : [];

const reading = 'what one reads in the log is in it, and one’s own';

interface Read {
  readonly id: string;
  readonly at: string;
}

export const answersOfTheLog: Invariant = {
  name: reading,
  judge: ({ history, services }) => {
    const owners = new Map((services['identity']!.rows['audit'] ?? []).map(({ id, about }) => [id, about]));
    return history.flatMap((entry) => readBy(entry).flatMap((items) => {
      const { who, personId, at } = entry as Asked;
      const strange = items.filter(({ id }) => owners.get(id) !== personId);
      const isInOrder = items.every((item, place) => place === 0 || items[place - 1]!.at >= item.at);
      return [...strange.map(({ id }) => `entry ${id}, which is ${owners.has(id) ? 'another’s' : 'not there'}`), ...(isInOrder ? [] : ['entries in no order'])]
        .map((what) => ({ invariant: reading, what: `${who} read at ${at} ms ${what}`, about: [String(personId)] }));
    }));
  },
};

const readBy = (entry: Entry): (readonly Read[])[] =>
  entry.kind === 'asked' && entry.operation === identity.audit.id && entry.outcome.kind === 'answered' ? [(entry.outcome.body as { items: readonly Read[] }).items] : [];
