/** Why the gateway ends a connection, and so what its client does next. */
export const closing = {
  /** Reconnect, spread over the time that `bye` named. */
  drain: { code: 4001, reason: 'the gateway is shutting down' },
  /** Reconnect: the cursors say where to go on. */
  slow: { code: 4008, reason: 'frames are not read fast enough' },
  /** Reconnect and read anew: the stream went back behind what was delivered. */
  positionLost: { code: 4010, reason: 'the event stream was replaced or rewound' },
  /** Reconnect. */
  noPong: { code: 4012, reason: 'no answer to a ping' },
  /** Reconnect, and send less. */
  flood: { code: 4029, reason: 'too many frames, in spite of refusals' },
  tooMany: { code: 4029, reason: 'this person has too many connections' },
  /** Final: this client does not speak the protocol. */
  malformed: { code: 4400, reason: 'too many malformed frames in a row' },
  /** Get a fresh access token, then reconnect. */
  noConnect: { code: 4401, reason: 'no connect frame in time' },
  invalidToken: { code: 4401, reason: 'the access token is not valid' },
  signedOut: { code: 4401, reason: 'the session has ended' },
  expired: { code: 4401, reason: 'the access token has expired' },
} as const;

export type Closing = (typeof closing)[keyof typeof closing];

const told = new Set<number>([1000, 1001, 1002, 1005, 1006, 1009, ...Object.values(closing).map(({ code }) => code)]);

/** Clients may close with any number: only those that mean something become labels. */
export const codeLabel = (code: number): string => (told.has(code) ? String(code) : 'other');
