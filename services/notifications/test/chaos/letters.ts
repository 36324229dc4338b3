import type { Entry, Mailed } from '@mela/testkit/chaos';

/** The sender's domain, as a run is told. */
const NAME = /^<([^@<>]+)@mela\.example>$/;

/** The event that a mail is called after. */
export const eventOf = ({ messageId }: Mailed): string | undefined => NAME.exec(messageId)?.[1];

export const mailsIn = (history: readonly Entry[]): Mailed[] => history.filter((entry) => entry.kind === 'mailed');
