import { SettingsFault } from '@mela/chassis';
import { FolderInUse, MissingPart, PartFault, PortTaken } from '@mela/infra';
import { JetStreamApiError } from '@nats-io/jetstream';
import { CommanderError } from 'commander';

export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

interface Advice {
  hint?: string | undefined;
  exit?: number;
  /** Facts a program may act on. */
  facts?: Readonly<Record<string, unknown>>;
}

/** What a command cannot do, told to people in a sentence and to programs by a stable code. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly hint: string | undefined;
  readonly exit: number;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    message: string,
    { hint, exit = exitCodes.failed, facts = {} }: Advice = {},
  ) {
    super(message);
    this.hint = hint;
    this.exit = exit;
    this.facts = facts;
  }

  toJSON() {
    return { code: this.code, message: this.message, ...(this.hint === undefined ? {} : { hint: this.hint }), ...this.facts };
  }
}

export const usage = (message: string, hint?: string): Fault => new Fault('usage', message, { hint, exit: exitCodes.usage });

/** The command has ended as it was told to, and there is nothing to say about it. */
export class Ended extends Error {
  constructor(readonly exit: number) {
    super(`ended with ${exit}`);
  }
}

const STREAM_NOT_FOUND = 10059;
const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'CONNECTION_REFUSED', 'TIMEOUT']);

/** Whatever was thrown, as a fault with a code. */
export function explain(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  if (thrown instanceof CommanderError) return usage(thrown.message.replace(/^error: /, ''), 'Add --help to see how the command is used.');
  if (thrown instanceof SettingsFault)
    return new Fault('settings.invalid', thrown.message, {
      hint: 'Set them in the environment or in .env; `mela doctor --env-example` shows every setting. For development, `mela up` makes them.',
      facts: { faults: thrown.faults },
    });
  if (thrown instanceof PortTaken) return new Fault('port.taken', thrown.message, { facts: { port: thrown.port, free: thrown.free } });
  if (thrown instanceof FolderInUse) return new Fault('folder.in_use', thrown.message, { facts: { pid: thrown.pid } });
  if (thrown instanceof MissingPart) return new Fault('part.missing', thrown.message, { hint: '`mela doctor` shows what was looked at.', facts: { part: thrown.part } });
  if (thrown instanceof PartFault) return new Fault('part.unfit', thrown.message, { facts: { part: thrown.part } });
  if (thrown instanceof JetStreamApiError && thrown.code === STREAM_NOT_FOUND)
    return new Fault('stream.missing', 'The event stream does not exist yet.', { hint: 'The first service that starts makes it: `mela up`, or `mela run all`.' });
  const code = codeOf(thrown);
  if (code !== undefined && AWAY.has(code))
    return new Fault('unreachable', messageOf(thrown), { hint: 'Is Mela running? `mela up` starts it, `mela doctor` shows what is there.' });
  return new Fault('failed', messageOf(thrown), { hint: 'Add --verbose to see where it happened.' });
}

function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { code, cause, errors } = thrown as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return codeOf(Array.isArray(errors) ? errors[0] : cause);
}

/** Several attempts at one address fail together, and the fault that gathers them has no words of its own. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return [...new Set(thrown.errors.map(messageOf))].join('; ');
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.message === 'fetch failed' && thrown.cause !== undefined ? `: ${messageOf(thrown.cause)}` : '';
  return `${thrown.message || thrown.name}${cause}`;
}
