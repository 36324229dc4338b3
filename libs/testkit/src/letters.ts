import { setTimeout as pause } from 'node:timers/promises';

/** A mail, as the sandbox's mailbox tells of it. */
export interface LetterRead {
  readonly messageId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly language: string | null;
  readonly text: string;
  readonly html: string;
}

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 50;

/** What came to an address, the latest first. */
export async function lettersTo(mailbox: string, to: string): Promise<readonly LetterRead[]> {
  const response = await fetch(new URL(`/mails?to=${encodeURIComponent(to)}`, mailbox));
  return ((await response.json()) as { items: readonly LetterRead[] }).items;
}

/** The latest that fits, so far or in time. */
export async function letterTo(mailbox: string, to: string, fits: (letter: LetterRead) => boolean = () => true): Promise<LetterRead> {
  for (const until = performance.now() + PATIENCE_MS; ; await pause(LOOK_AGAIN_MS)) {
    const letters = await lettersTo(mailbox, to);
    const found = letters.find(fits);
    if (found) return found;
    if (performance.now() > until) throw new Error(`No such mail came to ${to}; there are: ${letters.map(({ subject }) => subject).join(', ') || 'none'}`);
  }
}

/** The one-time token of a mail, out of its link. */
export function tokenIn({ text }: LetterRead): string {
  const token = /#token=([\w-]+)/.exec(text)?.[1];
  if (token === undefined) throw new Error(`The mail has no link:\n${text}`);
  return token;
}
